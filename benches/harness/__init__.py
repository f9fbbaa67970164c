"""What `run.py`, `report.py` and `check_counts.py` share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benches" / "peers"
BUILD = ROOT / "target" / "bench"
RESULTS = BUILD / "results.json"
