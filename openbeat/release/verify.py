"""Is everything on the shelf still what was published? Every fault is named, with what to do about it.

Found is whatever the shelf itself can attest. A dataset whose whole folder is gone, HEAD included, or a chain
that somebody forged from end to end, shows only against a mirror or a cited hash.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, pairwise

from openbeat.disk import locked, plainly, sha256_of
from openbeat.errors import ShelfFault
from openbeat.release.objects import OBJECT, Shelf, collect_objects
from openbeat.release.shelf import Manifest, dataset_folder, datasets, read_hint, read_manifest, versions
from openbeat.release.withdrawal import references

RESTORE = "restore it from a backup or a mirror"
REPOINT = "compare it with a mirror; if the manifests are right, delete HEAD: the next publish writes it anew"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is not as it was published; `where` is a path inside the shelf."""

    where: str
    what: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at and what was found; a note is no fault."""

    datasets: int
    manifests: int
    objects: int
    bytes: int
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether everything is as it was published."""
        return not self.faults


def verify(shelf: Shelf, *, progress: Callable[[int, int], None] | None = None) -> Report:
    """Every chain followed and every object hashed; `progress(done, of)` counts objects.

    Publishers go on meanwhile; whoever wants to erase waits.
    """
    with plainly(shelf.root), locked(shelf.objects, alone=False):
        keys = datasets(shelf)
        walked = [_walk(shelf, agency, dataset) for agency, dataset in keys]
        sizes = {path.name: path.stat().st_size for path in sorted(shelf.objects.iterdir())}
        damage = _hash_all(shelf, [name for name in sizes if OBJECT.fullmatch(name)], progress)
    histories = [manifests for manifests, _ in walked]
    users: defaultdict[str, list[str]] = defaultdict(list)
    for manifest in chain.from_iterable(histories):
        for name, size in collect_objects(manifest.body).items():
            users[name].append(f"{manifest.agency}/{manifest.dataset} version {manifest.version}")
            if name in sizes and sizes[name] != size:
                damage[name] = f"it has {sizes[name]} bytes; {size} were published"
    spoken = references(histories)
    damage |= dict.fromkeys(spoken.required - sizes.keys(), "it is missing")
    lingering = spoken.doomed & sizes.keys()
    return Report(
        datasets=len(keys),
        manifests=sum(map(len, histories)),
        objects=len(sizes),
        bytes=sum(sizes.values()),
        faults=(
            *chain.from_iterable(faults for _, faults in walked),
            *(_fault(f"objects/{name}", f"{damage[name]} ({_by(users[name])})") for name in sorted(damage)),
            *(
                _fault(f"objects/{name}", "it was to be erased", "sweep the shelf")
                for name in sorted(lingering)
            ),
        ),
        notes=tuple(f"objects/{name}: no manifest refers to it" for name in sizes if not users[name]),
    )


def _walk(shelf: Shelf, agency: str, dataset: str) -> tuple[list[Manifest], list[Fault]]:
    folder = dataset_folder(shelf, agency, dataset)
    place = f"manifests/{agency}/{dataset}"
    faults: list[Fault] = []
    spoke, hint = (folder / "HEAD").exists(), read_hint(folder)  # before the list: publishers go on meanwhile
    listed = versions(folder)
    sound: dict[int, Manifest] = {}
    for version in listed:
        try:
            manifest = read_manifest(shelf, agency, dataset, version)
            collect_objects(manifest.body)
            sound[version] = manifest
        except ShelfFault as error:
            faults.append(_fault(f"{place}/{version:08}.json", error.problem, error.remedies[0]))
    for before, after in pairwise([0, *listed]):
        if after - before > 1:
            last = f" to {after - 1:08}.json" if after - before > 2 else ""
            faults.append(
                _fault(f"{place}/{before + 1:08}.json{last}", "missing from the middle of the chain")
            )
    for version, manifest in sound.items():
        earlier = sound.get(version - 1)
        if (earlier and manifest.previous != earlier.sha256) or (version == 1) != (manifest.previous is None):
            what = f"the manifest before it is not the one that version {version} was published on"
            faults.append(_fault(f"{place}/{version:08}.json", what))
    newest = max(listed, default=0)
    if spoke and not hint:
        faults.append(_fault(f"{place}/HEAD", "it names no version", REPOINT))
    if hint and hint[0] > newest:
        what = f"it names version {hint[0]}, but the chain was cut off after version {newest}"
        faults.append(
            _fault(f"{place}/HEAD", what, "restore the missing manifests; if it is HEAD that errs, delete it")
        )
    if hint and hint[0] in sound and sound[hint[0]].sha256 != hint[1]:
        faults.append(_fault(f"{place}/HEAD", f"it names another version {hint[0]}", REPOINT))
    return [sound[version] for version in sorted(sound, reverse=True)], faults


def _hash_all(shelf: Shelf, names: list[str], progress: Callable[[int, int], None] | None) -> dict[str, str]:
    def damage(name: str) -> str | None:
        try:
            same = sha256_of(shelf.objects / name) == name[:64]
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        return None if same else "its bytes are not those that its name promises"

    found: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, (name, what) in enumerate(zip(names, pool.map(damage, names), strict=True), start=1):
            if what:
                found[name] = what
            if progress:
                progress(done, len(names))
    return found


def _fault(where: str, what: str, remedy: str = RESTORE) -> Fault:
    return Fault(where=where, what=what, remedy=remedy)


def _by(users: list[str]) -> str:
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"published by {users[0]}{more}" if users else "no manifest refers to it"
