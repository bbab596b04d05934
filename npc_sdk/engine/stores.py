"""Where an engine's parked states lie, by its configuration."""

from __future__ import annotations

from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.state import FolderStore, MemoryStore, StateStore


def state_key(config: EngineConfig, fingerprint: str, library: str) -> str:
    """Return what the bytes of a state depend on: a state is of use only where all of it is the same.

    Slots, cells, threads and the quantum are not part of it: a state moves between contexts that differ in them.
    """
    return f"{fingerprint}/{library}/{config.kv_type}/{config.flash_attention:d}"


def make_cache(config: EngineConfig, key: str) -> PrefixCache:
    """Return a cache over the configured stores, with the states of this key that an earlier engine left there.

    Raises:
        CapacityError: A folder cannot be made.
    """
    store: StateStore = MemoryStore()
    if config.parked_folder is not None:
        store = FolderStore(config.parked_folder, key, tier="memory")
    disk = None
    if config.disk_folder is not None:
        disk = FolderStore(config.disk_folder, key, tier="disk")
    cache = PrefixCache(store, config.parked_bytes, disk=disk, disk_bytes=config.disk_bytes)
    for folder in (store, disk):
        if isinstance(folder, FolderStore):
            for state in folder.found():
                cache.insert(state)
    return cache
