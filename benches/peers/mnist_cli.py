"""`mnist` itself, by its command line: `train` writes the seconds of each epoch to its log."""

import json
import os
import subprocess
import sys
import tempfile

import common


def main():
    args = common.parse()
    sizes, batch_size = args.shape
    mnist = os.environ.get("MNIST", "mnist")
    data = ["--data", os.environ.get("MNIST_DATA_DIR", "data")]
    with tempfile.TemporaryDirectory() as folder:
        log, model = os.path.join(folder, "log.jsonl"), os.path.join(folder, "model.json")
        run([mnist, "train", *data, "--quiet", "--monitor", "none", "--log", log, "--out", model,
             "--hidden", ",".join(map(str, sizes[1:-1])), "--batch-size", str(batch_size),
             "--eta", str(common.ETA), "--lambda", str(common.LAMBDA), "--seed", str(args.seed),
             "--epochs", str(args.epochs + 1), "--threads", str(args.threads)])
        with open(log) as lines:
            seconds = [json.loads(line)["seconds"] for line in lines]
        result = json.loads(run([mnist, "eval", model, *data, "--split", "validation",
                                 "--format", "json"]))
    if result["n"] != common.N_VALIDATION:
        sys.exit(f"mnist's validation set has {result['n']} images, not {common.N_VALIDATION}")
    # The first epoch is left out, as with the others.
    print(json.dumps({"name": "mnist", "threads": args.threads, "seconds": seconds[1:],
                      "accuracy": result["accuracy"]}))


def run(command):
    """What the command wrote to standard output."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip() or f"mnist {command[1]} failed with code {done.returncode}")
    return done.stdout


main()
