"""The symbol cache and the collector while their calls fail, and killed at
every call."""

import sys

from scene_store import CollectorStore, SymbolCache, SymbolWorker
from sweep import main

sys.exit(main((SymbolCache, SymbolWorker, CollectorStore)))
