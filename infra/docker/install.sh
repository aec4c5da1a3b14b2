#!/bin/sh
# What an image holds, made step by step in a virtual environment; both Dockerfiles and tests/packaging call it.
#   install.sh packages LOCK FOLDER   the environment, with the packages of a lock file, checked by hash
#   install.sh tools TOOLS FOLDER     another, that sees the first one's packages and builds and prepares what comes next
#   install.sh lineament TOOLS FOLDER Lineament itself, from pyproject.toml, README.md, LICENSE and service/
#   install.sh models TOOLS FOLDER    its models, from packages, checked by hash
#   install.sh finish FOLDER [CODE]   without what only installs and shows; all is compiled and readable for everybody
set -eu

step=$1
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$here/../..
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore

locked() {  # FOLDER LOCK
  "$1/bin/python" -m pip install --quiet --require-hashes --no-deps -r "$2"
}

purelib() {  # FOLDER
  "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

case $step in
  packages)
    "${PYTHON:-python3}" -m venv "$2"
    locked "$2" "$1"
    ;;
  tools)
    "${PYTHON:-python3}" -m venv "$1"
    locked "$1" "$here/build.lock"
    purelib "$2" > "$(purelib "$1")/image.pth"
    ;;
  lineament)
    "$1/bin/python" -m pip wheel --quiet --no-index --no-deps --no-build-isolation -w "$1/wheels" "$root"
    "$2/bin/python" -m pip install --quiet --no-index --no-deps "$1"/wheels/*.whl
    ;;
  models)
    "$1/bin/python" -m lineament models install --dir "$2/share/lineament/models"
    ;;
  finish)
    rm -rf "$1/share/lineament/models/photos"
    # Unchecked: a function need not ask for the time of a thousand files before it answers.
    "$1/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$1/lib" ${2:+"$2"}
    "$1/bin/python" -m pip uninstall --quiet --yes setuptools pip
    chmod -R a+rX "$1" ${2:+"$2"}
    ;;
  *)
    echo "install.sh: there is no step $step" >&2
    exit 2
    ;;
esac
