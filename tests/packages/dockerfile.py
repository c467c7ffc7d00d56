"""A Dockerfile as a list of instructions, enough of it for the tests."""

import json
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word in upper case, and the text after it on one line."""

    word: str
    text: str

    def form(self):
        """The arguments of the exec form; fails for the shell form."""
        return json.loads(self.text[self.text.index("[") :])


def instructions(text):
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [
        Instruction(word.upper(), rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def stages(text):
    """The instructions of each stage, from its FROM on."""
    found = []
    for instruction in instructions(text):
        if instruction.word == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found
