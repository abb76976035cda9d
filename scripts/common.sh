# shellcheck shell=bash
# Sourced by the other scripts: the checkout as working directory, and one cache folder for every tool.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

locks=ledger/toolchain/locks
# Also what ledger/toolchain/places.py uses; relative values are to be ignored (XDG specification).
case ${XDG_CACHE_HOME:-} in
    /*) cache=$XDG_CACHE_HOME/sharing-ledger ;;
    *) cache=${HOME:?HOME is not set}/.cache/sharing-ledger ;;
esac
export PIP_CACHE_DIR=$cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_CACHE_DIR=$cache/uv UV_PYTHON_DOWNLOADS=never
# Or each of the many commands that the tests and the demo start would compile the package anew.
unset PYTHONDONTWRITEBYTECODE

say() { printf '  %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# For tools that talk when all is well: what they say is shown only where they fail.
quietly() {
    local output
    output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2 && return 1; }
}

# pip would start any rustc on PATH to ask for its version, and rustup's writes to the home folder.
no_programs=/nonexistent
pip() {
    PATH=$no_programs .venv/bin/python -m pip "$@"
}

# uv does not read pip's configuration, where a machine may name its own package index.
pip_setting() {
    pip config list 2>/dev/null |
        sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | head -n 1 | sed 's/\\n/ /g'
}

follow_pip_configuration() {
    local index extra links host cert
    index=$(pip_setting index-url) extra=$(pip_setting extra-index-url)
    links=$(pip_setting find-links) host=$(pip_setting trusted-host) cert=$(pip_setting cert)
    if [[ -n $index ]]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
    if [[ -n $extra ]]; then
        # Every file is pinned by its hash, so it does not matter which index serves it.
        export UV_INDEX=${UV_INDEX:-$extra} UV_INDEX_STRATEGY=unsafe-best-match
    fi
    if [[ $links == http* || -d $links ]]; then export UV_FIND_LINKS=${UV_FIND_LINKS:-$links}; fi
    if [[ -n $host ]]; then export UV_INSECURE_HOST=${UV_INSECURE_HOST:-$host}; fi
    if [[ -n $cert ]]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$cert}; fi
}
