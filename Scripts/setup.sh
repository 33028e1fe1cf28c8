# Sourced by the other scripts: says what is missing and installs the system packages. All that it
# prints goes to standard error, so that the output of a program stays clean.

say() { echo "[$(basename "$0")] $*" >&2; }

if ! command -v swift >/dev/null; then
  say "Swift 6 is missing: install it from https://www.swift.org/install/linux/ and try again."
  exit 1
fi

install_system_packages() { # further packages...
  [ "$(uname -s)" = Linux ] || return 0
  local wanted=(libopenblas-dev liblapacke-dev zlib1g-dev libzstd-dev pkg-config "$@") missing=() package
  if ! command -v dpkg-query >/dev/null; then
    say "This is not Debian or Ubuntu: OpenBLAS, LAPACKE, zlib and libzstd with headers must be installed already."
    return 0
  fi
  for package in "${wanted[@]}"; do
    # pkgconf provides pkg-config on newer systems, under its own name.
    [ "$package" = pkg-config ] && command -v pkg-config >/dev/null && continue
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "Install these packages as root and try again: ${missing[*]}"
      exit 1
    fi
    root=(sudo)
  fi
  say "Installing with apt-get: ${missing[*]}"
  {
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y "${missing[@]}" ||
      { "${root[@]}" apt-get update &&
        DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y "${missing[@]}"; }
  } >&2
}

# Ends the script where python3 lacks a module (pip, venv) that Debian packages by itself.
need_python_module() { # module, Debian's package
  python3 -c "import $1" 2>/dev/null && return 0
  say "python3 with the module $1 is needed: on Debian and Ubuntu, apt-get install python3 $2"
  exit 1
}

# The version of this package, which is written in one place alone.
package_version() {
  sed -n 's/.*static let current = "\(.*\)"$/\1/p' \
    "$(dirname "${BASH_SOURCE[0]}")/../Sources/Cloud4Bert/Cloud4BertVersion.swift"
}
