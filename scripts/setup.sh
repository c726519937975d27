#!/usr/bin/env bash
# Make or refresh the project's virtual environment, .venv beside this folder.
#
#   scripts/setup.sh                      any Python 3.10-3.13 that is found
#   PYTHON=python3.12 scripts/setup.sh    that one
#
# May be called from any folder, any number of times, even twice at once; returns immediately when
# nothing changed. The last act is to write .venv/.setup-stamp, so a run that was cut short is never
# taken for a finished one: an environment without a stamp is made anew. Where pip could not install
# something, as without a network, the next call goes on with what is there.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
stamp=$venv/.setup-stamp
lock=$root/.venv.lock
PATH=${PATH//"$venv/bin:"/} # an activated .venv cannot make itself anew

say() { echo "setup: $*" >&2; }
die() {
    say "$*"
    exit 1
}

# Prints what an environment made now would be made from. Fails unless .venv works and was made
# here: the scripts of a moved or copied one name another folder, and one whose Python was upgraded
# beneath it has no pip.
fingerprint() {
    "$venv/bin/python" -I - "$root" 2>/dev/null <<'PY'
import hashlib, importlib.util, os, sys

root = sys.argv[1]
venv = os.path.join(root, ".venv")
with open(os.path.join(venv, "bin", "pip"), "rb") as script:
    ours = os.fsencode(venv) in script.read()
if not ours or os.path.realpath(sys.prefix) != venv or not importlib.util.find_spec("pip"):
    sys.exit(1)
digest = hashlib.sha256()
for name in ("requirements.txt", "pyproject.toml"):
    with open(os.path.join(root, name), "rb") as file:
        digest.update(hashlib.sha256(file.read()).digest())
print(digest.hexdigest(), "%d.%d.%d" % sys.version_info[:3])
PY
}

# Prints "3.11" for a command that runs a Python; fails for one that does not.
minor_version() {
    "$1" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

supported() {
    case $1 in
        3.10 | 3.11 | 3.12 | 3.13) ;;
        *) return 1 ;;
    esac
}

# Sets `todo` to nothing, "refresh", or why .venv has to be made anew.
look() {
    local now before current asked
    now=$(fingerprint) || now=
    before=$(cat "$stamp" 2>/dev/null) || before=
    current=$(minor_version "$venv/bin/python") || current=
    asked=$current
    if [ -n "${PYTHON:-}" ]; then asked=$(minor_version "$PYTHON") || asked="no Python"; fi
    if [ ! -e "$venv" ] && [ ! -L "$venv" ]; then
        todo="making .venv"
    elif [ -z "$now" ] || ! supported "$current"; then
        todo=".venv is broken or from elsewhere; making it anew"
    elif [ -z "$before" ]; then
        todo=".venv is unfinished or not ours; making it anew"
    elif [ "$asked" != "$current" ]; then
        todo=".venv has Python $current and PYTHON is another; making it anew"
    elif [ "$now" != "$before" ]; then
        todo=refresh
    else
        todo=
    fi
}

# Sets `python` to a supported interpreter that can make virtual environments.
find_python() {
    local candidate version without_venv=
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10 python; do
        if [ -n "${PYTHON:-}" ] && [ "$candidate" != "$PYTHON" ]; then continue; fi
        version=$(minor_version "$candidate") || continue
        supported "$version" || continue
        if "$candidate" -I -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        without_venv=${without_venv:-$version}
    done
    if [ -n "$without_venv" ]; then
        die "Python $without_venv has no venv module; on Debian or Ubuntu: sudo apt install python$without_venv-venv"
    elif [ -n "${PYTHON:-}" ]; then
        die "PYTHON=$PYTHON is not a Python 3.10, 3.11, 3.12 or 3.13"
    fi
    die "no Python 3.10, 3.11, 3.12 or 3.13 found; install one, or name it with PYTHON=/path/to/python"
}

is_running() {
    local said
    said=$(LC_ALL=C kill -0 "$1" 2>&1) || [[ $said == *"not permitted"* ]] # it may be another user's
}

# A symbolic link is made in one step together with what it says, here the holder's process id.
take_lock() {
    local holder waiting= missed=
    until ln -s "$$" "$lock" 2>/dev/null; do
        holder=$(readlink "$lock") || holder=
        if [ "$holder" = "$$" ]; then
            break # taken over, or of a process that was killed: in a container, all may have number 1
        elif [ -z "$holder" ]; then # given back just now, or nothing of ours
            [ -w "$root" ] || die "cannot write in $root"
            [ -z "$missed" ] || die "cannot make the lock $lock; if it is there, remove it"
            missed=yes
        elif ! is_running "$holder"; then
            ln -sfn "$$" "$lock" || true # of several in this second, the last one has it
        elif [ -z "$waiting" ]; then
            waiting=yes
            say "process $holder is setting up .venv already; waiting for it"
        fi
        sleep 1
    done
    trap 'rm -f -- "$lock"' EXIT
    trap 'say "interrupted; the next call starts over"; exit 130' INT
    trap 'exit 143' TERM
}

pip_install() {
    local status=0
    "$venv/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input "$@" || status=$?
    if [ $status -gt 0 ] && [ $status -lt 128 ]; then
        echo failed >"$stamp" # pip gave up by itself, not killed: the next call goes on from there
    fi
    return $status
}

look
if [ -z "$todo" ]; then exit 0; fi
if [ "$todo" != refresh ]; then find_python; fi
take_lock
look # again: another process may have done the work meanwhile
if [ -z "$todo" ]; then exit 0; fi

rm -f -- "$stamp" # from here on, unfinished
if [ "$todo" = refresh ]; then
    say "installing what is new in the requirements into .venv, which may take a minute or two"
else
    find_python
    say "$todo with $("$python" --version) and installing the packages; this may take a minute or two"
    rm -rf -- "$venv"
    "$python" -I -m venv "$venv" || die "$python could not make a virtual environment"
fi
pip_install -r "$root/requirements.txt" ||
    die "pip could not install requirements.txt (see above); is there a network? Then call this again"
pip_install --no-deps -e "$root" || die "pip could not install the project itself (see above)"
fingerprint >"$stamp.new" || die "the new .venv does not work"
mv -f -- "$stamp.new" "$stamp"
say "ready"
