"""Completion scripts for bash, zsh and fish, generated from the commands' arguments. Pure.

A script is static: completing a word starts no tart. Commands, verbs, flags and choices are
completed, and the names of files or of directories where an argument is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tart.cli.render.syntax import DIRECTORY, FILE, Argument, Syntax

_HELP = "help"
_HELP_SUMMARY = "explain a command"

_BASH = """\
# Completion of tart for bash, made by 'tart completion bash'.
_tart() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local at=${COMP_WORDS[1]} words='' kind='' reply=''
    COMPREPLY=()
    # bash splits --flag=value into three words.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $at in
    help|@WITH_VERBS@) ((COMP_CWORD > 2)) && at="$at ${COMP_WORDS[2]}" ;;
    esac
    if ((COMP_CWORD == 1)); then
        words='@COMMANDS@ help --help --version'
    else
        case "$at:$prev" in
@VALUES@
        *)
            case "$at" in
            help) words='@COMMANDS@' ;;
@ARGUMENTS@
            esac
            ;;
        esac
    fi
    local source=(-W "$words")
    if [[ $kind && $cur != -* ]]; then
        source=(-A "$kind")
        compopt -o filenames 2>/dev/null
    fi
    while IFS= read -r reply; do
        COMPREPLY+=("$reply")
    done < <(compgen "${source[@]}" -- "$cur")
}
complete -F _tart tart
"""

_ZSH_END = """
if [[ $funcstack[1] == _tart ]]; then
    _tart "$@"
else
    compdef _tart tart
fi
"""

_FISH = """\
# Completion of tart for fish, made by 'tart completion fish'.
function __tart_at --description 'Whether the command line begins with tart and these words'
    set -l words (commandline -opc)
    set -e words[1]
    test (count $words) -ge (count $argv); or return 1
    for index in (seq (count $argv))
        test "$words[$index]" = "$argv[$index]"; or return 1
    end
end
function __tart_next --description 'Whether the word at the cursor follows tart and these words'
    test (count (commandline -opc)) -eq (math (count $argv) + 1); and __tart_at $argv
end
complete -c tart -f
"""


def bash_script(commands: Sequence[Syntax]) -> str:
    """Return the script for bash 3.2 and later."""
    parsers = list(_all(commands))
    with_verbs = [command.words[0] for command in commands if command.verbs]
    values = [
        f"        {'|'.join(_quoted(f'{path}:{flag}') for flag in argument.flags)}) "
        f"{_bash_value(argument)};;"
        for path, syntax in parsers
        for argument in syntax.flags
        if argument.takes_value
    ]
    arguments = [
        f"            {_quoted(path)}) {_bash_arguments(syntax)};;" for path, syntax in parsers
    ]
    arguments += [
        f"            'help {command.words[0]}') words='{_names(_summaries(command.verbs))}' ;;"
        for command in commands
        if command.verbs
    ]
    return (
        _BASH.replace("@WITH_VERBS@", "|".join(with_verbs) or "''")
        .replace("@COMMANDS@", " ".join(command.words[0] for command in commands))
        .replace("@VALUES@", "\n".join(values))
        .replace("@ARGUMENTS@", "\n".join(arguments))
    )


def zsh_script(commands: Sequence[Syntax]) -> str:
    """Return the script for zsh, which is sourced or put into a directory of ``fpath``."""
    head = "#compdef tart\n# Completion of tart for zsh, made by 'tart completion zsh'.\n"
    rows = [(command.words[0], command.summary) for command in commands]
    flags = ["'(- *)'{-h,--help}'[print the help]'", "'(- *)--version[print the version]'"]
    functions = [_zsh_branch("_tart", flags, [*rows, (_HELP, _HELP_SUMMARY)])]
    functions.append(_zsh_branch("_tart_help", [], rows))
    for path, syntax in _all(commands):
        name = f"_tart_{path.replace(' ', '_')}"
        specs = [_zsh_flag(argument) for argument in syntax.flags]
        if syntax.verbs:
            verbs = [(verb.words[-1], verb.summary) for verb in syntax.verbs]
            functions.append(_zsh_branch(name, specs, verbs))
            explained = f"_tart_help_{path}"
            functions.append(_zsh_function(explained, [f"'1:verb:({_names(verbs)})'"]))
        else:
            specs += [_zsh_positional(argument) for argument in syntax.positionals]
            functions.append(_zsh_function(name, specs))
    return head + "".join(functions) + _ZSH_END


def fish_script(commands: Sequence[Syntax]) -> str:
    """Return the script for fish 3 and later."""
    lines = [
        _fish("__tart_next", "-s h -l help", "print the help"),
        _fish("__tart_next", "-l version", "print the version"),
        _fish("__tart_next", f"-a {_HELP}", _HELP_SUMMARY),
        f"complete -c tart -n '__tart_next help' -a {_quoted(_names(_summaries(commands)))}",
    ]
    lines += [_fish("__tart_next", f"-a {name}", text) for name, text in _summaries(commands)]
    for path, syntax in _all(commands):
        condition = f"{'__tart_next' if syntax.verbs else '__tart_at'} {path}"
        for name, text in _summaries(syntax.verbs):
            lines.append(_fish(condition, f"-a {name}", text))
            lines.append(_fish(f"__tart_next {_HELP} {path}", f"-a {name}", text))
        for argument in syntax.flags:
            flags = " ".join(_fish_flag(flag) for flag in argument.flags)
            lines.append(_fish(condition, f"{flags}{_fish_value(argument)}", argument.help))
        for argument in syntax.positionals:
            if value := _fish_positional(argument):
                lines.append(f"complete -c tart -n {_quoted(condition)} {value}")
    return _FISH + "\n".join(lines) + "\n"


SCRIPTS = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}


def _all(commands: Iterable[Syntax]) -> Iterator[tuple[str, Syntax]]:
    """Return every command and verb with the words that name it."""
    for command in commands:
        yield " ".join(command.words), command
        yield from _all(command.verbs)


def _summaries(commands: Iterable[Syntax]) -> list[tuple[str, str]]:
    return [(command.words[-1], command.summary) for command in commands]


def _names(rows: Iterable[tuple[str, str]]) -> str:
    return " ".join(name for name, _ in rows)


def _quoted(text: str) -> str:
    """Return a text in single quotes; bash and zsh know no escape inside them."""
    return "'" + text.replace("'", "'\\''") + "'"


# --- bash --------------------------------------------------------------------------------


def _bash_value(argument: Argument) -> str:
    """Return the statement that sets what may follow a flag."""
    if argument.completions:
        return f"words={_quoted(' '.join(argument.completions))} "
    return f"kind={argument.kind} " if argument.kind in (FILE, DIRECTORY) else ""


def _bash_arguments(syntax: Syntax) -> str:
    """Return the statement that sets the words that a command takes, and the kind of its files."""
    words = [flag for argument in syntax.flags for flag in argument.flags if len(flag) > 2]
    words += [verb.words[-1] for verb in syntax.verbs]
    words += [choice for argument in syntax.positionals for choice in argument.completions]
    kinds = [each.kind for each in syntax.positionals if each.kind in (FILE, DIRECTORY)]
    return f"words={_quoted(' '.join(words))} {f'kind={kinds[0]} ' if kinds else ''}"


# --- zsh ---------------------------------------------------------------------------------


def _zsh_branch(name: str, flags: Iterable[str], rows: Iterable[tuple[str, str]]) -> str:
    """Return a function that completes a word, and calls the word's function for what follows."""
    described = " ".join(_quoted(f"{word}:{text}") for word, text in rows)
    specs = " \\\n        ".join((*flags, "'1: :->word'", "'*:: :->rest'"))
    return (
        f"\n{name}() {{\n"
        "    local curcontext=$curcontext state state_descr line\n"
        "    typeset -A opt_args\n"
        f"    local -a words_of=({described})\n"
        f"    _arguments -C \\\n        {specs}\n"
        "    case $state in\n"
        "    word) _describe -t commands command words_of ;;\n"
        f"    rest) (( $+functions[{name}_$words[1]] )) && {name}_$words[1] ;;\n"
        "    esac\n"
        "}\n"
    )


def _zsh_function(name: str, specs: Iterable[str]) -> str:
    lines = " \\\n        ".join(specs)
    return f"\n{name}() {{\n    _arguments -s \\\n        {lines}\n}}\n"


def _zsh_flag(argument: Argument) -> str:
    help_text = argument.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    value = f":{_zsh_message(argument.placeholder)}:{_zsh_action(argument)}"
    rest = _quoted(f"[{help_text}]{value if argument.takes_value else ''}")
    flags = [f"{flag}{_zsh_mark(flag, argument)}" for flag in argument.flags]
    if len(flags) == 1:
        return f"{_quoted(flags[0])}{rest}"
    exclusive = _quoted(f"({' '.join(argument.flags)})")
    return f"{exclusive}{{{','.join(flags)}}}{rest}"


def _zsh_mark(flag: str, argument: Argument) -> str:
    """Return how a flag and its value are joined: ``--flag=value``, ``-fvalue``."""
    if not argument.takes_value:
        return ""
    return "=" if flag.startswith("--") else "+"


def _zsh_positional(argument: Argument) -> str:
    prefix = "*:" if argument.several else ":" if argument.required else "::"
    return _quoted(f"{prefix}{_zsh_message(argument.placeholder)}:{_zsh_action(argument)}")


def _zsh_message(text: str) -> str:
    return text.replace(":", "\\:")


def _zsh_action(argument: Argument) -> str:
    if argument.completions:
        return f"({' '.join(argument.completions)})"
    return {FILE: "_files", DIRECTORY: "_files -/"}.get(argument.kind, " ")


# --- fish --------------------------------------------------------------------------------


def _fish(condition: str, what: str, text: str) -> str:
    described = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"complete -c tart -n {_quoted(condition)} {what} -d {described}"


def _fish_flag(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _fish_value(argument: Argument) -> str:
    if not argument.takes_value:
        return ""
    return f" {_fish_positional(argument) or '-x'}".replace(" -F", " -r -F")


def _fish_positional(argument: Argument) -> str:
    if argument.completions:
        return f"-x -a {_quoted(' '.join(argument.completions))}"
    return {FILE: "-F", DIRECTORY: "-x -a '(__fish_complete_directories)'"}.get(argument.kind, "")
