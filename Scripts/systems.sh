# Sourced by the scripts that try things in Debian systems in folders, which are made with debootstrap, as
# root, and kept in the work folder for the next time. It needs setup.sh.

work=/var/tmp/cloud4bert-systems mirror=http://deb.debian.org/debian

# Folders that a system shall see too, under their own names; it cannot write there.
shared=()

need_systems() {
  [ "$(id -u)" -eq 0 ] || { say "Systems in folders are made as root: run this with sudo."; exit 1; }
  install_system_packages debootstrap
  mkdir -p "$work"
  work=$(cd "$work" && pwd)
}

# Runs a command in a system, with mounts of its own that end with the command: nothing stays mounted.
inside() { # folder, command...
  local folder
  for folder in ${shared[@]+"${shared[@]}"}; do mkdir -p "$1$folder"; done
  unshare --mount --pid --fork /bin/sh -ec '
    system=$1 count=$2
    shift 2
    mount -t proc proc "$system/proc"
    while [ "$count" -gt 0 ]; do
      mount --bind "$1" "$system$1"
      mount -o remount,bind,ro "$system$1"
      shift
      count=$((count - 1))
    done
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      ${OPENBLAS_CORETYPE:+OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE} chroot "$system" "$@"' \
    sh "$1" ${#shared[@]} ${shared[@]+"${shared[@]}"} "${@:2}"
}

# Makes a bare system where there is none yet.
bare_system() { # suite
  [ ! -e "$work/$1.complete" ] || return 0
  say "Making a bare Debian $1"
  rm -rf --one-file-system "${work:?}/$1"
  debootstrap --variant=minbase "$1" "$work/$1" "$mirror" >&2
  inside "$work/$1" apt-get update >&2
  touch "$work/$1.complete"
}

# Lets a system fetch what git's configuration here takes from folders of this machine.
share_git_replacements() { # system
  local folder
  while IFS= read -r folder; do
    shared+=("${folder%/}")
    inside "$1" git config --system "url.$folder.insteadOf" https://github.com/
  done < <(git config --get-regexp '^url\./.*\.insteadof$' '^https://github\.com/$' |
    sed 's/^url\.\(.*\)\.insteadof .*/\1/')
  inside "$1" git config --system safe.directory '*'
}
