"""A trainer without a model: a real child that speaks the protocol of trainer/events.py and seals its files.

    fake_trainer.py STAGE OUT [--wait] [--fail] [--halved]

``--wait`` waits for "cancel" after the third step; ``--fail`` ends with a sentence; ``--halved``
says that memory ran out before.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from trainer.events import own_stdout, stdin_lines
from trainer.sealed import Folder, parse_key

STEPS = 40
CLIENT = "I said yes to the extra shift again. My daughter just took her swimming bag back upstairs."
REPLIES = {
    1: "That must be difficult. How does that make you feel?",
    20: "It is hard to say no to him. What about your daughter?",
    40: "You said yes again, and your daughter took her bag back up without a word. What was that like?",
}
REPORT = """<h1>Evaluation of clinic 1</h1>
<p>120 messages of 31 conversations that the models never learned from, answered once by every model with the
same settings.</p>
<h2>Replies</h2>
<table border="0" cellpadding="5">
<tr><th align="left">Measure</th><th>model</th><th>sft</th><th>starter</th></tr>
<tr><td>Context specificity</td><td>0.71</td><td>0.66</td><td>0.61</td></tr>
<tr><td>Strategy fit</td><td>0.58</td><td>0.55</td><td>0.49</td></tr>
</table>"""


def metrics(stage: str, step: int) -> dict[str, float]:
    """Curves that look like curves."""
    rise = 1 - math.exp(-step / 14)
    wobble = 0.03 * math.sin(step * 2.3)
    if stage == "sft":
        return {"loss": 3.6 - 1.4 * rise + wobble, "token_accuracy": 0.32 + 0.2 * rise + wobble / 3}
    parts = {"relevance": 0.75, "emotion": 0.62, "professional": 0.68, "empathy": 0.6, "fluency": 0.9}
    parts["safety"] = 0.97
    made = {name: 0.5 + (top - 0.5) * rise + wobble for name, top in parts.items()}
    return made | {
        "reward": sum(made.values()) / len(made),
        "distinct2": 0.58 - 0.08 * rise + wobble / 2,
        "kl": 0.9 * rise + abs(wobble),
    }


def main() -> int:
    stage, out, options = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    lines = stdin_lines()
    folder = Folder(out, parse_key(next(lines, "")))
    say: Any = own_stdout() if stage != "bundle" else lambda *_args, **_fields: None
    say("started", command=stage, total=STEPS, resumed_from=0, halved="--halved" in options)
    if "--fail" in options:
        say("failed", kind="input", message="The data holds no reply.")
        return 2
    for step in range(1, STEPS + 1):
        say("step", step=step, total=STEPS, metrics=metrics(stage, step), seconds_left=12.0 * (STEPS - step))
        if stage == "rl" and step in REPLIES:
            say("sample", step=step, prompt=CLIENT, reply=REPLIES[step], reward=0.44 + step / 120)
        if "--wait" in options and step == 22:
            next(lines, "")
            say("cancelled", step=step)
            return 0
    if stage == "bundle":
        folder.write("bundle.json", json.dumps({"name": "clinic", "version": "1"}).encode())
    if stage == "evaluate":
        folder.write("report.html", REPORT.encode())
    say("done", out=str(out), metrics={})
    return 0


if __name__ == "__main__":
    sys.exit(main())
