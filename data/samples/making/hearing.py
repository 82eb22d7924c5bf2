"""What is heard: PocketSphinx as two releases, and Resemblyzer."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from making.speech import RATE, output_of
from making.texts import Sentence

#: Settings of PocketSphinx in the release in use and in the candidate, by the log's column. The candidate's language
#: model saw more sentences and weighs more.
RELEASES: Final[dict[str, dict[str, Any]]] = {
    "hypothesis": {"cmn": "batch", "fwdflat": False},
    "hypothesis_candidate": {"cmn": "batch", "fwdflat": False, "lw": 9.0},
}


def train_language_models(training: Mapping[str, list[Sentence]], work: Path) -> None:
    """Build a trigram model for each release; refuse words that the recogniser could never hear."""
    import pocketsphinx

    dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text()
    known = {line.split(maxsplit=1)[0] for line in dictionary.splitlines()}
    for release, sentences in training.items():
        text = "".join(f"{sentence.text}\n" for sentence in sentences)
        if unknown := sorted(set(text.split()) - known):
            raise RuntimeError(f"not in the recogniser's dictionary: {unknown}")
        (work / f"{release}.txt").write_text(text)
        paths = ["--sentfile", str(work / f"{release}.txt"), "--output", str(work / f"{release}.lm")]
        output_of(["pocketsphinx_lm", "--add-start", *paths])


@functools.cache
def _recogniser(release: str, work: Path) -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(lm=str(work / f"{release}.lm"), loglevel="ERROR", **RELEASES[release])


def hear(sound: NDArray[np.int16], release: str, work: Path) -> str:
    """Recognise an utterance, whatever was heard before it; nothing heard is an empty text."""
    decoder = _recogniser(release, work)
    decoder.reinit_feat()  # or the noise level that it heard in the last utterance lives on
    decoder.start_utt()
    decoder.process_raw(sound.tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr if found else ""


@functools.cache
def _encoder() -> Any:
    import torch
    from resemblyzer import VoiceEncoder

    torch.set_num_threads(1)
    return VoiceEncoder("cpu", verbose=False)


def embed(sounds: list[NDArray[np.int16]]) -> NDArray[np.float64]:
    """Mean vector of a speaker, of length 1."""
    from resemblyzer import preprocess_wav

    mean = np.mean([_encoder().embed_utterance(preprocess_wav(sound / 32768, RATE)) for sound in sounds], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float64)
