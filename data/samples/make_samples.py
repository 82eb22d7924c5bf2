"""Make the sample: commands said by synthetic voices, heard by a real recogniser, embedded by a real encoder.

Nobody in it exists. espeak-ng (each speaker with a vocal tract of their own), flite and festival say sentences of a
little command grammar; noise is added; PocketSphinx recognises every recording twice, as the release in use and as a
candidate; Resemblyzer turns the recordings of each speaker into one vector. Homes and the census are assigned on
fairaudit's fictional island. The steps stand in ``making/``.

Set-up, on Debian 12 and Python 3.11 (none of it is a dependency of fairaudit)::

    apt-get install --no-install-recommends espeak-ng flite sox festival festvox-kdlpc16k
    python3.11 -m venv sample && . sample/bin/activate
    pip install torch==2.13.0                       # the CPU build suffices
    pip install pocketsphinx==5.1.1 librosa webrtcvad-wheels
    pip install --no-deps resemblyzer==0.1.4        # its own webrtcvad fails to import under recent setuptools
    pip install -e .                                # fairaudit: the island, and files written atomically

Run::

    python data/samples/make_samples.py --work /tmp/sample-work --jobs 2

Each speaker's result is kept in the work folder, so that an interrupted run resumes; another seed or other settings
need another work folder. README.md tells how long it takes, what is the same on every machine, and what came out.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from fairaudit.core.files import write_atomically
from fairaudit.samples.island import provinces
from making.hearing import RELEASES, embed, hear, train_language_models
from making.plan import Plan
from making.speech import RATE, add_noise, check_voices_differ, draw_conditions, draw_room, install_variants, say
from making.texts import Sentence
from making.voices import Speaker

COLUMNS: Final = [
    *("utterance_id", "speaker_id", "voice", "engine", "reference", *RELEASES, "accent", "sex"),
    *("domain", "device", "snr", "duration", "app", "latitude", "longitude", "zip_code"),
]


def main() -> None:
    """Make the sample's files."""
    arguments = parse_arguments()
    work, seed = arguments.work.resolve(), arguments.seed
    for folder in (work, arguments.out):
        folder.mkdir(parents=True, exist_ok=True)
    for tool in ("espeak-ng", "flite", "festival", "sox", "pocketsphinx_lm"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed; see the top of {Path(__file__).name}")

    plan = Plan.draw(seed, arguments.utterances)
    train_language_models(plan.training, work)
    install_variants(work, plan.speakers)
    check_voices_differ(work, plan.speakers)

    chosen = list(zip(plan.speakers, plan.said, strict=True))[:: arguments.every]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(process, speaker, texts, seed, work) for speaker, texts in chosen]
        results = [json.loads(task.result().read_text()) for task in running]
    write(arguments.out, [speaker for speaker, _ in chosen], results, plan.homes, plan.census)
    print("seconds by step:", pd.DataFrame([result["seconds"] for result in results]).sum().round().to_dict())


def process(speaker: Speaker, sentences: list[Sentence], seed: int, work: Path) -> Path:
    """Say, hear and embed all that a speaker says; keep the result, and do nothing if it is there."""
    result = work / f"{speaker.id}.json"
    if result.exists():
        return result
    rng = np.random.default_rng([seed, speaker.number])
    room = draw_room(rng)
    rows, sounds, clock = [], [], Clock()
    spoken = say(work, speaker, [sentence.text for sentence in sentences])
    for number, (sentence, speech) in enumerate(zip(sentences, spoken, strict=True), 1):
        device, snr = draw_conditions(room, rng)
        sound = add_noise(speech, device, snr, rng)
        clock.stop("say")
        heard = {release: hear(sound, release, work) for release in RELEASES}
        clock.stop("hear")
        told = {"utterance_id": f"utt-{speaker.number:03d}-{number:02d}", "reference": sentence.text, **heard}
        conditions = {"device": device, "snr": snr, "duration": round(len(sound) / RATE, 2)}
        rows.append(told | {"domain": sentence.domain} | conditions)
        sounds.append(sound)
    vector = embed(sounds).tolist()
    clock.stop("embed")
    write_atomically(result, json.dumps({"rows": rows, "vector": vector, "seconds": clock.seconds}).encode())
    return result


class Clock:
    """Adds up seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def stop(self, step: str) -> None:
        """Count the time since the last stop for a step."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._since
        self._since = now


def write(
    folder: Path, speakers: list[Speaker], results: list[dict[str, Any]], homes: pd.DataFrame, census: pd.DataFrame
) -> None:
    """Write the log, the vectors, the census and the island's provinces."""
    labels = pd.DataFrame(
        [(s.id, s.voice, s.engine, s.accent, s.sex) for s in speakers],
        columns=["speaker_id", "voice", "engine", "accent", "sex"],
    ).join(homes, on="speaker_id")
    rows = pd.concat(
        [pd.DataFrame(result["rows"]).assign(speaker_id=s.id) for s, result in zip(speakers, results, strict=True)]
    )
    log = rows.merge(labels, on="speaker_id", validate="many_to_one")[COLUMNS]
    packed = io.BytesIO()
    log.to_parquet(packed, index=False, compression="zstd", write_page_checksum=True)
    write_atomically(folder / "voices.parquet", packed.getvalue())
    # Rounded, so that the last bit of another machine's sums seldom shows in the file.
    vectors = np.round([result["vector"] for result in results], 4).astype(np.float32)
    packed = io.BytesIO()
    np.savez_compressed(packed, ids=labels["speaker_id"].to_numpy(np.str_), embeddings=vectors)
    write_atomically(folder / "voices_embeddings.npz", packed.getvalue())
    write_atomically(folder / "voices_census.csv", census.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "boundaries.geojson", json.dumps(provinces(), separators=(",", ":")) + "\n")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make the sample of data/samples.")
    parser.add_argument("--work", type=Path, required=True, help="folder of intermediate results; a run resumes there")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the files made")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--utterances", type=int, default=25, help="of each speaker")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth speaker, for a trial")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
