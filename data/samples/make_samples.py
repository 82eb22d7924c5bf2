"""Make the sample: commands said by synthetic voices, heard by a real recogniser, embedded by a real encoder.

Nobody in it exists. espeak-ng (each speaker with a vocal tract of their own), flite and festival say sentences of a
little command grammar; noise is added; PocketSphinx recognises every recording twice, as the release in use and as a
candidate; Resemblyzer turns the recordings of each speaker into one vector. Homes and the census are assigned on
fairaudit's fictional island.

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
import functools
import io
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.files import write_atomically
from fairaudit.samples.island import draw_census, draw_zips, provinces

# ---- what is said

#: Domain and command; every word of a command is a slot's name or stands for itself.
COMMANDS: Final = (
    ("home", "turn POWER the LAMP in the ROOM"),
    ("home", "set the LAMP in the ROOM to COLOR"),
    ("home", "set the heater in the ROOM to NUMBER degrees"),
    ("home", "turn the volume LEVEL by NUMBER steps"),
    ("home", "play some GENRE music in the ROOM"),
    ("kitchen", "start a timer of NUMBER minutes for the FOOD"),
    ("kitchen", "add FOOD and FOOD to my shopping list"),
    ("kitchen", "find a recipe with FOOD FOOD and FOOD"),
    ("calendar", "wake me up at NUMBER on DAY DAYTIME"),
    ("calendar", "remind me to ERRAND on DAY DAYTIME"),
    ("calendar", "move the EVENT from DAY to DAY DAYTIME"),
    ("people", "call PERSON and say that i am NUMBER minutes late"),
    ("people", "send a message to PERSON about the EVENT on DAY"),
    ("people", "tell PERSON to bring FOOD to the EVENT"),
    ("people", "what did PERSON write about the EVENT"),
    ("travel", "how long does it take to the PLACE by VEHICLE"),
    ("travel", "how far is the PLACE from the PLACE"),
    ("travel", "book NUMBER seats on the VEHICLE to the PLACE"),
    ("travel", "is the PLACE still open on DAY DAYTIME"),
    ("travel", "will there be WEATHER at the PLACE on DAY DAYTIME"),
)

SLOTS: Final = {
    "POWER": ("on", "off"),
    "LEVEL": ("up", "down"),
    "LAMP": ("light", "lamp", "fan", "radio", "screen"),
    "ROOM": ("kitchen", "bedroom", "hallway", "garage", "attic", "nursery", "office", "cellar"),
    "COLOR": ("red", "green", "yellow", "blue", "purple", "orange", "white"),
    "NUMBER": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty"),
    "DAYTIME": ("morning", "afternoon", "evening", "night"),
    "DAY": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "FOOD": ("rice", "beans", "noodles", "bread", "carrots", "lentils", "eggs", "mushrooms", "pumpkin", "plums"),
    "WEATHER": ("rain", "fog", "thunder", "frost", "wind", "snow"),
    "GENRE": ("quiet", "jazz", "folk", "piano", "brass", "dance"),
    "ERRAND": ("vote", "exercise", "stretch", "water the flowers", "pay the rent", "feed the cat", "charge the phone"),
    "PERSON": ("mother", "grandpa", "uncle", "auntie", "the doctor", "the dentist", "my neighbor", "my boss"),
    "EVENT": ("meeting", "party", "picnic", "lesson", "rehearsal", "concert", "wedding"),
    "PLACE": ("library", "harbor", "bakery", "station", "museum", "market", "school", "castle"),
    "VEHICLE": ("bus", "ferry", "train", "tram", "bicycle"),
}

#: Sentences that the first release's language model is trained on.
TRAINING_SENTENCES: Final = 2000


@dataclass(frozen=True)
class Sentence:
    """What somebody says, and the domain of its command."""

    domain: str
    text: str


@dataclass(frozen=True)
class Grammar:
    """The sentences of each command, parted: a half may train language models, the other half may be said."""

    training: tuple[tuple[Sentence, ...], ...]
    spoken: tuple[tuple[Sentence, ...], ...]

    @classmethod
    def part(cls, rng: np.random.Generator) -> Grammar:
        """Write out all sentences and part those of each command at random."""
        halves = []
        for domain, command in COMMANDS:
            texts = rng.permutation(sorted(expand(command))).tolist()
            halves.append([tuple(Sentence(domain, text) for text in texts[half::2]) for half in range(2)])
        training, spoken = zip(*halves, strict=True)
        return cls(training, spoken)


def expand(command: str) -> set[str]:
    """Fill the slots of a command in every way that repeats no word."""
    slots = [word for word in command.split() if word in SLOTS]
    template = " ".join("{}" if word in SLOTS else word for word in command.split())
    fillings = itertools.product(*(SLOTS[slot] for slot in slots))
    return {template.format(*filling) for filling in fillings if len(set(filling)) == len(filling)}


def draw(half: tuple[tuple[Sentence, ...], ...], count: int, rng: np.random.Generator) -> list[Sentence]:
    """Draw sentences, each command as likely as the others."""
    commands = (half[i] for i in rng.integers(len(half), size=count))
    return [sentences[rng.integers(len(sentences))] for sentences in commands]


# ---- who says it

#: Accent, its name in espeak-ng, speakers. "en" is British: "en-gb" would silently ignore the variant.
ESPEAK: Final = (
    ("american", "en-us", 24),
    ("new-york", "en-us-nyc", 12),
    ("british", "en", 20),
    ("received", "en-gb-x-rp", 20),
    ("lancaster", "en-gb-x-gbclan", 20),
    ("scottish", "en-gb-scotland", 15),
    ("west-midlands", "en-gb-x-gbcwmd", 32),
    ("caribbean", "en-029", 32),
)
#: Voices built from recordings of one person: engine, name, accent, sex. Five speakers each, by pitch and tempo.
RECORDED: Final = (
    ("flite", "kal16", "american", "male"),
    ("flite", "rms", "american", "male"),
    ("flite", "slt", "american", "female"),
    ("flite", "awb", "scottish", "male"),
    ("festival", "ked_diphone", "american", "male"),
)
SPEAKERS_PER_RECORDED: Final = 5


@dataclass(frozen=True)
class Speaker:
    """Somebody who does not exist.

    Attributes
    ----------
    number
        From 1.
    engine, accent, sex
        Labels.
    voice
        What shares a synthesis voice shares its peculiarities: the unit that was sampled.
    language
        The accent's name in espeak-ng, or the recorded voice's name.
    rate
        Words a minute (espeak-ng), or tempo relative to the recording.
    cents
        Shift of pitch and formants, recorded voices only.
    variant
        Text of an espeak-ng voice variant, empty for recorded voices.
    """

    number: int
    engine: str
    voice: str
    accent: str
    sex: str
    language: str
    rate: float
    cents: float = 0.0
    variant: str = ""

    @property
    def id(self) -> str:
        """As in the log."""
        return f"spk-{self.number:03d}"


def draw_speakers(rng: np.random.Generator) -> list[Speaker]:
    """Invent the speakers: every espeak-ng one with a throat of their own, as many women as men."""
    speakers: list[Speaker] = []
    for accent, language, count in ESPEAK:
        for i in range(count):
            number, sex = len(speakers) + 1, ("female", "male")[i % 2]
            voice = f"espeak-{number:03d}"
            variant, rate = draw_variant(voice, sex, rng), round(rng.uniform(135, 205))
            speakers.append(Speaker(number, "espeak-ng", voice, accent, sex, language, rate, variant=variant))
    for engine, name, accent, sex in RECORDED:
        for _ in range(SPEAKERS_PER_RECORDED):
            number, voice = len(speakers) + 1, f"{engine}-{name}"
            tempo, cents = round(rng.uniform(0.85, 1.2), 3), float(round(rng.uniform(-200, 200)))
            speakers.append(Speaker(number, engine, voice, accent, sex, name, tempo, cents))
    return speakers


def draw_variant(name: str, sex: str, rng: np.random.Generator) -> str:
    """Draw a vocal tract: pitch (Hz), formants (per cent of the accent's: frequency, height, width), unsteadiness.

    The ranges are those of the human-like variants that espeak-ng brings (f1 to f5, m1 to m8).
    """
    low, high, length = (145, 205, rng.uniform(106, 122)) if sex == "female" else (75, 115, rng.uniform(92, 104))
    pitch = rng.uniform(low, high)
    lines = [
        "language variant",
        f"name {name}",
        f"gender {sex}",
        f"pitch {pitch:.0f} {pitch * rng.uniform(1.25, 1.6):.0f}",
        f"flutter {rng.integers(2, 13)}",
        f"roughness {rng.integers(0, 5)}",
    ]
    for formant in range(9):
        frequency = 100 if formant == 0 else length + rng.normal(0, 3)
        lines.append(f"formant {formant} {frequency:.0f} {rng.uniform(75, 105):.0f} {rng.uniform(90, 150):.0f}")
    return "\n".join(lines) + "\n"


# ---- saying it

RATE: Final = 16_000
#: Root mean square of the speech, of full scale, and seconds of noise alone before and after it.
LOUDNESS: Final = 0.05
MARGIN: Final = 0.25
#: Decibels: mean over speakers, standard deviations of speakers' rooms and of the utterances in a room, and limits.
SNR_MEAN: Final = 22.0
SNR_ROOM_SD: Final = 4.0
SNR_UTTERANCE_SD: Final = 4.5
SNR_LIMITS: Final = (3.0, 40.0)
#: The noise of each device by the exponent of its power spectrum.
DEVICES: Final = {"white-noise": 0.0, "pink-noise": 1.0}

ESPEAK_FILES: Final = ("phondata", "phondata-manifest", "phonindex", "phontab", "intonations", "en_dict", "lang")


def install_variants(folder: Path, speakers: Iterable[Speaker]) -> None:
    """Make a data folder for espeak-ng whose only variants are the speakers' own."""
    told = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True).stdout
    installed = Path(told.split("Data at:")[1].strip())
    data = folder / "espeak-ng-data"
    (data / "voices" / "!v").mkdir(parents=True, exist_ok=True)
    for name in ESPEAK_FILES:
        if not (data / name).exists():
            (data / name).symlink_to(installed / name)
    for speaker in speakers:
        if speaker.variant:
            (data / "voices" / "!v" / speaker.voice).write_text(speaker.variant)


def check_voices_differ(folder: Path, speakers: Iterable[Speaker]) -> None:
    """espeak-ng speaks with its standard voice when it cannot find or apply a variant, and does not say so."""
    sentence, spoken = "the quick brown fox", {}
    for language in {language for _, language, _ in ESPEAK}:
        spoken[_espeak(folder, language, 170, sentence)] = language
    for speaker in speakers:
        if speaker.variant:
            sound = _espeak(folder, f"{speaker.language}+{speaker.voice}", 170, sentence)
            if sound in spoken:
                raise RuntimeError(f"{speaker.voice} sounds like {spoken[sound]}")
            spoken[sound] = speaker.voice


def say(folder: Path, speaker: Speaker, sentences: list[str]) -> Iterator[NDArray[np.float64]]:
    """Speak sentences at 16 kHz, without noise."""
    if speaker.engine == "espeak-ng":
        voice = f"{speaker.language}+{speaker.voice}"
        sounds: Iterable[bytes] = (_espeak(folder, voice, int(speaker.rate), sentence) for sentence in sentences)
    elif speaker.engine == "flite":
        sounds = (_flite(speaker.language, sentence) for sentence in sentences)
    else:
        sounds = _festival(speaker.language, sentences)
    effects = ["pitch", str(speaker.cents), "tempo", str(speaker.rate)] if speaker.engine != "espeak-ng" else []
    for sound in sounds:
        to_raw = ["sox", "-D", "-t", "wav", "-", "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed", "-t", "raw"]
        raw = _output([*to_raw, "-", *effects], sound)
        yield np.frombuffer(raw, dtype="<i2") / 32768


def _output(command: list[str], stdin: bytes = b"") -> bytes:
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


def _espeak(folder: Path, voice: str, rate: int, sentence: str) -> bytes:
    return _output(["espeak-ng", f"--path={folder}", "-v", voice, "-s", str(rate), "--stdout", sentence])


def _flite(voice: str, sentence: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        _output(["flite", "-voice", voice, "-t", sentence, "-o", file.name])
        return Path(file.name).read_bytes()


def _festival(voice: str, sentences: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.wav" for i in range(len(sentences))]
        script = Path(folder) / "say.scm"
        save = '(utt.save.wave (utt.synth (Utterance Text "{}")) "{}" \'riff)'
        lines = [save.format(sentence, path) for sentence, path in zip(sentences, paths, strict=True)]
        script.write_text("\n".join([f"(voice_{voice})", *lines]))
        _output(["festival", "-b", str(script)])
        yield from (path.read_bytes() for path in paths)


def add_noise(speech: NDArray[np.float64], snr: float, exponent: float, rng: np.random.Generator) -> NDArray[np.int16]:
    """Pad the speech, set its loudness, and add noise at ``snr`` decibels (powers over the unpadded utterance)."""
    speech = np.pad(speech * LOUDNESS / _rms(speech), round(MARGIN * RATE))
    spectrum = np.fft.rfft(rng.standard_normal(len(speech)))
    spectrum /= np.maximum(np.fft.rfftfreq(len(speech), 1 / RATE), 50.0) ** (exponent / 2)
    noise = np.fft.irfft(spectrum, len(speech))
    mixed = speech + noise * LOUDNESS * 10 ** (-snr / 20) / _rms(noise)
    return np.round(32767 * np.clip(mixed, -1, 1)).astype(np.int16)


def _rms(sound: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(sound**2)))


# ---- hearing it

#: Settings of PocketSphinx in the release in use and in the candidate, by the log's column. The candidate's language
#: model saw more sentences and weighs more.
RELEASES: Final[dict[str, dict[str, Any]]] = {
    "hypothesis": {"cmn": "batch", "fwdflat": False},
    "hypothesis_candidate": {"cmn": "batch", "fwdflat": False, "lw": 9.0},
}


def train_language_models(grammar: Grammar, work: Path, rng: np.random.Generator) -> None:
    """Build a trigram model for each release; refuse words that the recogniser could never hear."""
    import pocketsphinx

    training = {
        "hypothesis": draw(grammar.training, TRAINING_SENTENCES, rng),
        "hypothesis_candidate": list(itertools.chain(*grammar.training)),
    }
    dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text()
    known = {line.split(maxsplit=1)[0] for line in dictionary.splitlines()}
    for release, sentences in training.items():
        text = "".join(f"{sentence.text}\n" for sentence in sentences)
        if unknown := sorted(set(text.split()) - known):
            raise RuntimeError(f"not in the recogniser's dictionary: {unknown}")
        (work / f"{release}.txt").write_text(text)
        paths = ["--sentfile", str(work / f"{release}.txt"), "--output", str(work / f"{release}.lm")]
        _output(["pocketsphinx_lm", "--add-start", *paths])


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


# ---- one speaker, start to end


def process(speaker: Speaker, sentences: list[Sentence], seed: int, work: Path) -> Path:
    """Say, hear and embed all that a speaker says; keep the result, and do nothing if it is there."""
    result = work / f"{speaker.id}.json"
    if result.exists():
        return result
    rng = np.random.default_rng([seed, speaker.number])
    room = rng.normal(SNR_MEAN, SNR_ROOM_SD)
    rows, sounds, clock = [], [], Clock()
    spoken = say(work, speaker, [sentence.text for sentence in sentences])
    for number, (sentence, speech) in enumerate(zip(sentences, spoken, strict=True), 1):
        device = str(rng.choice(list(DEVICES)))
        snr = round(float(np.clip(rng.normal(room, SNR_UTTERANCE_SD), *SNR_LIMITS)), 1)
        sound = add_noise(speech, snr, DEVICES[device], rng)
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


# ---- where they are said to live, and with what

#: Assigned: where most of an accent's speakers are given a home. The others' homes follow from nothing.
HEARTLANDS: Final = {"west-midlands": "west", "caribbean": "valleys", "american": "elsewhere"}
HEARTLAND_SHARE: Final = 0.9
#: The west of the island lies beyond this longitude, in degrees.
WEST: Final = -115.5
#: Assigned: which app a speaker has follows from nothing and changes nothing.
APPS: Final = ("android", "ios")


def assign_homes(speakers: list[Speaker], rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every speaker a home on the island, and an app.

    Returns
    -------
    homes, census
        ``latitude``, ``longitude`` (degrees), ``zip_code``, ``app`` by speaker; the island's census by zip code. The
        valleys are the zips in which group b is the majority.
    """
    zips = draw_zips(rng)
    census = draw_census(zips, rng)
    west = (zips["longitude"] < WEST).to_numpy()
    valleys = (census["majority_group"] == "group_b").to_numpy()
    places = {"west": west, "valleys": valleys, "elsewhere": ~west & ~valleys}
    rows = []
    for speaker in speakers:
        weight = zips["people"].to_numpy()
        if speaker.accent in HEARTLANDS:
            inside = places[HEARTLANDS[speaker.accent]]
            weight = weight * (inside == (rng.random() < HEARTLAND_SHARE))
        home = zips.iloc[rng.choice(len(zips), p=weight / weight.sum())]
        latitude, longitude = np.round(home[["latitude", "longitude"]].astype(float) + rng.uniform(-0.05, 0.05, 2), 2)
        rows.append((latitude, longitude, home["zip_code"]))
    index = pd.Index([speaker.id for speaker in speakers], name="speaker_id")
    homes = pd.DataFrame(rows, columns=["latitude", "longitude", "zip_code"], index=index)
    return homes.assign(app=rng.choice(APPS, len(speakers))), census


# ---- all of it

COLUMNS: Final = [
    *("utterance_id", "speaker_id", "voice", "engine", "reference", *RELEASES, "accent", "sex"),
    *("domain", "device", "snr", "duration", "app", "latitude", "longitude", "zip_code"),
]


def main() -> None:
    """Make the sample's files."""
    arguments = parse_arguments()
    work, seed = arguments.work.resolve(), arguments.seed
    work.mkdir(parents=True, exist_ok=True)
    for tool in ("espeak-ng", "flite", "festival", "sox", "pocketsphinx_lm"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed; see the top of {Path(__file__).name}")

    streams = [np.random.default_rng([seed, 0, stream]) for stream in range(4)]
    grammar = Grammar.part(streams[0])
    train_language_models(grammar, work, streams[0])
    speakers = draw_speakers(streams[1])
    homes, census = assign_homes(speakers, streams[2])
    said = [draw(grammar.spoken, arguments.utterances, streams[3]) for _ in speakers]
    install_variants(work, speakers)
    check_voices_differ(work, speakers)

    chosen = list(zip(speakers, said, strict=True))[:: arguments.every]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(process, speaker, texts, seed, work) for speaker, texts in chosen]
        results = [json.loads(task.result().read_text()) for task in running]
    write(arguments.out, [speaker for speaker, _ in chosen], results, homes, census)
    print("seconds by step:", pd.DataFrame([result["seconds"] for result in results]).sum().round().to_dict())


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
