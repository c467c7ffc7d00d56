#!/bin/sh
# tart @VERSION@ as one file: this script, and behind its last line Python, tart and all that
# they need, as a gzipped tar. It is unpacked once; then this process becomes the program, so
# that whoever started it (systemd, a shell) has the supervisor itself as its child.
#
# Where it is unpacked, the first that can be used:
#   ../lib/tart beside this file's folder, where `tart install` puts it, owned by root
#   $CACHE_DIRECTORY (set by systemd's CacheDirectory=), $XDG_CACHE_HOME/tart, ~/.cache/tart
#   /var/cache/tart, and last, until the next boot, $TMPDIR/tart-UID
set -eu
umask 022

id=@ID@
case $0 in
/*) self=$0 ;;
*/*) self=$PWD/$0 ;;
*) self=$(command -v -- "$0") ;;
esac

die() {
	echo "tart: $1" >&2
	exit 1
}

become() {
	place=$1
	shift
	# By another name, as a link has it, the file is the program of that name.
	case ${self##*/} in
	tart-dash)
		exec "$place/$id/bin/tart" -I -X "tart_file=$self" \
			-c 'import sys; from tart.cli.dash import main; sys.exit(main())' "$@"
		;;
	esac
	exec "$place/$id/bin/tart" -I -X "tart_file=$self" -m tart "$@"
}

# Nobody else may be able to put a program where we look for ours.
ours() {
	[ -d "$1" ] && [ ! -h "$1" ] && [ -O "$1" ]
}

# What a release before, or a start that was killed, left behind and nobody runs.
prune() {
	for old in "$1"/*; do
		case $old in
		"$1/$id" | "$1/*") continue ;;
		*.new) [ ! -e "/proc/$(basename "$old" .new)" ] || continue ;;
		esac
		# shellcheck disable=SC2010
		ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF " $old/" || rm -rf "$old"
	done
}

unpack() {
	mkdir -p "$1" 2>/dev/null && ours "$1" && [ -w "$1" ] || return 1
	new=$1/$$.new
	rm -rf "$new" && mkdir "$new" 2>/dev/null || return 1
	{ tail -n +@LINES@ "$self" | gzip -dc || : >"$new/broken"; } 2>/dev/null |
		tar -xf - -C "$new" 2>"$new/said" || : >"$new/broken"
	if [ -e "$new/broken" ]; then
		why="$1: cannot be unpacked there: $(tail -n 1 "$new/said")"
	elif ! why=$("$new/bin/tart" -I -c '' 2>&1); then
		why="$1: cannot be run there: $why"
	elif rm -f "$new/said" && mv -T "$new" "$1/$id" 2>/dev/null || [ -d "$1/$id" ]; then
		rm -rf "$new"
		prune "$1"
		return 0
	fi
	rm -rf "$new"
	return 1
}

# The dynamic linker finds what lies beside a program through it, tart its own memory.
[ -e /proc/self/exe ] || die "/proc is not mounted"
why="no folder can be written"
beside=${self%/*}/../lib/tart
[ ! -x "$beside/$id/bin/tart" ] || become "$beside" "$@"
for place in "${CACHE_DIRECTORY-}" "${XDG_CACHE_HOME:+$XDG_CACHE_HOME/tart}" \
	"${HOME:+$HOME/.cache/tart}" /var/cache/tart "${TMPDIR:-/tmp}/tart-$(id -u)"; do
	[ -n "$place" ] || continue
	if ours "$place" && [ -x "$place/$id/bin/tart" ] || unpack "$place"; then
		become "$place" "$@"
	fi
done
die "it could not be unpacked: $why; set XDG_CACHE_HOME to a folder of yours"
