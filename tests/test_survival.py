"""A library outlives its writers. The killing itself is tests/bench/kill.py, which can do it more often."""

import json
import subprocess
import sys
from pathlib import Path


def test_a_writer_killed_200_times_leaves_the_library_as_before_or_as_after() -> None:
    """After each kill verify finds nothing, articles and answers are those of before or after, and a reader never fails."""
    command = [sys.executable, str(Path(__file__).parent / "bench" / "kill.py"), "--kills", "200", "--seed", "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["kills"] == 200
    # The kills fell where they hurt: within operations, after some that were done, and while the other process searched.
    assert counts["in_flight"] > 20
    assert counts["operations"] > 20
    assert counts["searches_meanwhile"] > 200
