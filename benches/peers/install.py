"""Makes the virtual environment of the peers: `install.py FOLDER`. Nothing is installed elsewhere.

PyTorch's wheel for Linux on PyPI is built with CUDA and asks for 2.4 GB of CUDA libraries. Training
on the CPU calls none of them, so on x86-64 Linux this script installs the wheel alone with its few
Python dependencies and CUDA's small runtime library, and puts an empty library in the place of each
of the others: they have to be found when PyTorch is loaded, not to do anything. The code that
trains on the CPU (libtorch_cpu.so with MKL and oneDNN) is PyTorch's own, untouched.
With PEERS_TORCH=full PyTorch is installed as pip would; with PEERS_TORCH=none not at all.
"""

import os
import pathlib
import platform
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
TORCH, CUDA_RUNTIME = "torch==2.15.0", "nvidia-cuda-runtime==13.2.86"
TORCH_NEEDS = ["filelock", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec"]
# The libraries that this version names, and for some the version of its symbols and the variables
# in it, which, unlike functions, are looked up when PyTorch is loaded.
STUBS = {"libcublas.so.13": None, "libcublasLt.so.13": None, "libcudnn.so.9": None,
         "libcufft.so.12": None, "libcufile.so.0": None, "libcupti.so.13": None,
         "libcusolver.so.12": None, "libcusparse.so.12": None, "libcusparseLt.so.0": None,
         "libnccl.so.2": None, "libnvrtc.so.13": None,
         "libnvshmem_host.so.3": ("NVSHMEM", ["nvshmem_selected_device_transport"])}


def install(folder):
    """True if all is there; what could not be installed is said on standard error."""
    python = folder / "bin" / "python"
    if not python.exists():
        try:
            venv.create(folder, with_pip=True)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            print(f"could not make a virtual environment in {folder}: {error}", file=sys.stderr)
            return False
    # A package that fails must not take the others with it.
    wanted = [line for line in (HERE / "requirements.txt").read_text().splitlines()
              if line and not line.startswith("#")]
    return all([pip(python, requirement) for requirement in wanted] + [install_torch(python)])


def pip(python, *arguments):
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stdout=sys.stderr).returncode == 0
    if not done:
        print(f"could not install {' '.join(arguments)}", file=sys.stderr)
    return done


def install_torch(python):
    how = os.environ.get("PEERS_TORCH", "light")
    if how == "none":
        return True
    if how == "full" or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return pip(python, TORCH)
    return (pip(python, *TORCH_NEEDS) and pip(python, "--no-deps", TORCH, CUDA_RUNTIME)
            and write_stubs(python))


def write_stubs(python):
    """Empty libraries, with `cc`, which Rust needs too, beside PyTorch's own, where it looks."""
    where = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"],
                           capture_output=True, text=True, check=True).stdout.strip()
    folder = pathlib.Path(where, "torch", "lib")
    for name, symbols in STUBS.items():
        source, options = "", []
        if symbols:
            version, variables = symbols
            source = "".join(f"char {variable}[256];\n" for variable in variables)
            script = folder / "stub.map"
            script.write_text(f"{version} {{ global: *; }};\n")
            options = [f"-Wl,--version-script={script}"]
        command = ["cc", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{name}", *options,
                   "-o", folder / name, "-x", "c", "-"]
        try:
            subprocess.run(command, input=source, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"could not make an empty {name}: {error}", file=sys.stderr)
            return False
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    sys.exit(0 if install(pathlib.Path(sys.argv[1])) else 1)
