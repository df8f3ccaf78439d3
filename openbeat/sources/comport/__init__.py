"""The receiving side of Comport's protocol: what an agency's extractor hands in, kept in the vault.

An extractor opens a run with a heartbeat, is told the month to start from, and then hands in rows of each
dataset, some hundred at a time. `Receiver` takes both, whatever carries them; `view` gives the rows back.
"""

from openbeat.sources.comport.delivery import Delivery, read_delivery
from openbeat.sources.comport.receiver import Receiver
from openbeat.sources.comport.schema import DATASETS
from openbeat.sources.comport.tables import held, view

__all__ = ["DATASETS", "Delivery", "Receiver", "held", "read_delivery", "view"]
