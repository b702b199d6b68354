"""The commands of ``tfdesk-trainer``: what each is given, and who does the work. Torch comes in late."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import platformdirs

from trainer import config as settings
from trainer.config import InputError, load_config
from trainer.run import Progress, Run, read_data
from trainer.sealed import Folder

CONFIGS: dict[str, type] = {
    "data": settings.DataConfig,
    "pretrain": settings.PretrainConfig,
    "critic": settings.CriticConfig,
    "sense": settings.SenseConfig,
    "sft": settings.SftConfig,
    "dpo": settings.DpoConfig,
    "rl": settings.RlConfig,
    "evaluate": settings.EvaluateConfig,
    "judge": settings.JudgeConfig,
}
SUMMARIES = {
    "data": "make named data sets into files of dialogues, and report on them",
    "pretrain": "train a GPT-2 on running text, from scratch or on from --model",
    "critic": "train the scorer of replies on a base model",
    "sense": "train the reader that tells which replies make sense, on rated replies",
    "sft": "teach a model to write emotion, strategy and reply",
    "dpo": "teach a fine-tuned model which of two replies is better",
    "rl": "improve a fine-tuned model by reward",
    "evaluate": "measure a model on held-out dialogues, beside the floors",
    "judge": "have replies rated by a language model on this computer",
    "serve": "answer requests on stdin (the model process)",
    "bundle": "put a model and its critic into one checked folder",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of the usage."""
        self.exit(2, f"{self.prog}: {message}.\n")


def parser() -> argparse.ArgumentParser:
    """The command line; unknown options are errors."""
    top = _Parser(prog="tfdesk-trainer", description="Train, measure and serve reply models.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in SUMMARIES.items():
        command = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        if name in CONFIGS:
            _add_training_options(command, name)
        elif name == "bundle":
            _add_bundle_options(command)
    return top


def _add_training_options(command: argparse.ArgumentParser, name: str) -> None:
    option = command.add_argument
    option("--config", type=Path, metavar="FILE.toml", help=f"settings, at top level or in a table [{name}]")
    option("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting; repeatable")
    option("--out", type=Path, required=True, metavar="DIR", help="folder of the result")
    if name == "judge":
        option("--predictions", type=Path, required=True, metavar="FILE", help="what evaluate wrote")
    elif name != "data":
        option("--model", type=Path, metavar="DIR", help="base model")
    if name not in ("data", "pretrain", "judge"):
        option(
            "--data",
            action="append",
            type=Path,
            default=[],
            metavar="FILE.jsonl[.gz]",
            help="dialogues; repeatable",
        )
    if name in ("rl", "evaluate"):
        option("--critic", type=Path, metavar="DIR", help="critic; else the one in the model's bundle")
    if name == "rl":
        option("--sense", type=Path, metavar="DIR", help="sense reader of --model, which weighs every part")
    if name == "sense":
        option("--sense", type=Path, metavar="DIR", help="earlier sense reader of --model, to go on from")
    if name == "evaluate":
        option("--compare", action="append", default=[], metavar="NAME=DIR", help="another model; repeatable")
        option("--train", action="append", type=Path, default=[], metavar="FILE", help="what it learned from")
        option("--seed", type=int, default=1)
    elif name != "data":
        option("--resume", action="store_true", help="continue the run in --out")
    option("--events", action="store_true", help="JSON lines on stdout; a cancel line on stdin stops the run")
    option(
        "--sealed", action="store_true", help="first stdin line: run key (base64); files are sealed with it"
    )


def _add_bundle_options(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option("--model", type=Path, required=True, metavar="DIR")
    option("--critic", type=Path, required=True, metavar="DIR")
    option("--sense", type=Path, metavar="DIR", help="sense reader of --model, by which drafts are chosen")
    option("--name", required=True)
    option("--version", required=True)
    option("--out", type=Path, metavar="DIR", help="default: NAME-VERSION beside the model")
    option("--licence", default="not stated", help="terms under which the bundle may be used")
    option("--notice", help="shown in the window while this model is in use")
    option("--least-reward", type=float, help="drafts that earn less are not shown (see rated drafts)")
    option(
        "--sealed", action="store_true", help="first stdin line: run key (base64); files are sealed with it"
    )


def data_folder() -> Path:
    """Where the program keeps clients' data on this computer."""
    chosen = os.environ.get("TFDESK_DATA_DIR") or platformdirs.user_data_dir("tfdesk", appauthor=False)
    return Path(chosen).expanduser()


def check_out(out: Path, key: bytes | None) -> Folder:
    """The output folder. Raises InputError for a plain run that would write among clients' data."""
    if key is None and out.resolve().is_relative_to(data_folder().resolve()):
        raise InputError(
            f"--out {out.name}: only a sealed run may write below the program's data folder; "
            "choose another folder or add --sealed."
        )
    return Folder(out, key)


def run_training(
    arguments: argparse.Namespace, key: bytes | None, progress: Progress, stop: threading.Event
) -> None:
    """Check everything that can be checked without the model, then do the work. Raises InputError."""
    command: str = arguments.command
    config: Any = load_config(CONFIGS[command], arguments.config, arguments.set)
    folder = check_out(arguments.out, key)
    if command != "judge":  # it knows by its own file whether a run is unfinished, and needs no torch
        from trainer.checkpoint import prepare_out

        prepare_out(folder, resume=vars(arguments).get("resume", False))
    run = Run(
        command=command,
        out=folder,
        data=tuple(read_data(path, key) for path in vars(arguments).get("data", ())),
        model=vars(arguments).get("model"),
        critic=vars(arguments).get("critic"),
        sense=vars(arguments).get("sense"),
        resume=vars(arguments).get("resume", False),
        progress=progress,
        stop=stop,
    )
    if command not in ("data", "pretrain", "judge"):
        run.dialogues()  # refuses empty data and ids used twice before a model is loaded
    _work(command)(config, run, arguments)


def _work(command: str) -> Callable[[Any, Run, argparse.Namespace], object]:
    """The function that does the command's work; its imports cost seconds, so only its own are made."""
    if command == "data":
        from trainer.prepare import prepare

        return lambda config, run, _: prepare(config, run)
    if command == "pretrain":
        from trainer.pretrain import pretrain

        return lambda config, run, _: pretrain(
            config, run.out, run.progress, run.stop.is_set, base=run.model, resume=run.resume
        )
    if command == "critic":
        from trainer import critic_train

        return lambda config, run, _: critic_train.train(config, run)
    if command == "sense":
        from trainer import sense_train

        return lambda config, run, _: sense_train.train(config, run)
    if command == "sft":
        from trainer import sft

        return lambda config, run, _: sft.train(config, run)
    if command == "dpo":
        from trainer import dpo

        return lambda config, run, _: dpo.train(config, run)
    if command == "rl":
        from trainer import rl

        return lambda config, run, _: rl.train(config, run)
    if command == "evaluate":
        from trainer.evaluate import evaluate

        return lambda config, run, arguments: evaluate(
            config,
            run,
            compare=dict(_named(item) for item in arguments.compare),
            training=[read_data(path, run.key) for path in arguments.train],
            seed=arguments.seed,
        )
    if command == "judge":
        from trainer.judge import judge

        return lambda config, run, arguments: judge(config, run, arguments.predictions)
    raise ValueError(command)


def _named(item: str) -> tuple[str, Path]:
    name, equals, folder = item.partition("=")
    if not equals or not name or not folder:
        raise InputError(f"--compare {item}: write it as NAME=DIR.")
    return name, Path(folder)


def bundle(arguments: argparse.Namespace, key: bytes | None) -> Path:
    """Make a bundle; returns its folder. Raises InputError."""
    from trainer.bundling import make_bundle

    if arguments.out is not None:
        check_out(arguments.out, key)
    out, _ = make_bundle(
        arguments.model,
        arguments.critic,
        arguments.out,
        key,
        name=arguments.name,
        version=arguments.version,
        licence=arguments.licence,
        notice=arguments.notice,
        least_reward=arguments.least_reward,
        sense=arguments.sense,
    )
    return out
