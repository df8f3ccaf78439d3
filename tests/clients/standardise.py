"""Run by openpolicedata's own interpreter: standardises CSV files and says which column became what.

python standardise.py FILE…      each FILE is <opd table type>@<our table>.csv
"""

import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import pandas as pd  # noqa: E402
from openpolicedata import data  # type: ignore[import-not-found]  # noqa: E402

found = {}
for name in sys.argv[1:]:
    path = Path(name)
    kind = path.stem.partition("@")[0]
    source = pd.Series(
        {
            "State": "Rivertown State",
            "SourceName": "Rivertown",
            "Agency": "Rivertown",
            "TableType": kind,
            "Year": 2025,
            "Description": "",
            "URL": "http://127.0.0.1/rows.csv",
            "DataType": "CSV",
            "source_url": "",
            "readme": "",
        }
    )
    rows = pd.read_csv(path)
    if "occurred_date" in rows:
        rows["occurred_date"] = pd.to_datetime(rows["occurred_date"])
    table = data.Table(source, rows)
    table.standardize(agg_race_cat=False)
    found[path.stem] = {
        one.new_column_name: {
            "from": one.orig_column_name,
            "words": sorted(map(str, set(table.table[one.new_column_name]))),
        }
        for one in table.get_transform_map() or ()
    }
sys.stdout.write("RESULT" + json.dumps(found))
