"""check --root IMAGE: a tar of a root file system, `docker save` and OCI layouts written by hand give what the unpacked directory gives."""
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile

import pytest

from test_root import PYTHON, chroot, image, make_root  # noqa: F401 (a fixture)
from vf import error, find, report, vf

AT = "app/.venv"


def layer(add=(), root=None, members=()):
    """A layer: directories of the root, and (name, contents) of its own."""
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name in add:
            t.add(root / name, name)
        for name, data in members:
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
    return b.getvalue()


def put(t, name, data):
    i = tarfile.TarInfo(name)
    i.size = len(data)
    t.addfile(i, io.BytesIO(data))


def docker_save(path, layers, images=1):
    names = [f"{n}/layer.tar" for n in range(len(layers))]
    with tarfile.open(path, "w") as t:
        for name, data in zip(names, layers):
            put(t, name, data)
        put(t, "manifest.json", json.dumps([{"Config": "c.json", "RepoTags": ["a:1"], "Layers": names}] * images).encode())
    return path


def oci_blobs(layers):
    blobs, descriptors = {}, []
    def blob(data):
        name = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{name}"] = data
        return {"digest": f"sha256:{name}", "size": len(data)}
    for data in layers:
        descriptors.append(blob(gzip.compress(data, 1)))
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    manifest = blob(json.dumps({"schemaVersion": 2, "layers": descriptors}).encode())
    index = blob(json.dumps({"manifests": [
        {**manifest, "platform": {"os": "linux", "architecture": arch}},
        {**blob(b"{}"), "platform": {"os": "linux", "architecture": "s390x"}},
        {**blob(b"{ }"), "platform": {"os": "unknown", "architecture": "unknown"}}]}).encode())
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [index]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return blobs


def oci_tar(path, layers):
    with tarfile.open(path, "w:gz") as t:
        for name, data in oci_blobs(layers).items():
            put(t, name, data)
    return path


def oci_dir(path, layers):
    for name, data in oci_blobs(layers).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def rootfs(path, layers):
    with tarfile.open(path, "w:gz") as t:
        for data in layers:
            with tarfile.open(fileobj=io.BytesIO(data)) as one:
                for m in one:
                    t.addfile(m, one.extractfile(m) if m.isreg() else None)
    return path


MAKERS = {"root.tgz": rootfs, "docker.tar": docker_save, "oci.tgz": oci_tar, "oci": oci_dir}


def found(doc):
    return sorted(repr(f) for f in doc["findings"])


def layers_of(root):
    return [layer([n for n in os.listdir(root) if n != "app"], root), layer(["app"], root)]


def test_as_the_directory(image, scratch):
    there = report("check", "--root", image, image / AT, rc=0)
    layers = layers_of(image)
    for name, make in MAKERS.items():
        file = make(scratch / name, layers)
        doc = report("check", "--root", file, "/" + AT, rc=0)
        assert found(doc) == found(there) and doc["at"] == "/" + AT and doc["target"]["root"] == str(file), name
        assert doc["environment"]["base"] == there["environment"]["base"] and doc["answers"] == there["answers"], name
        assert found(report("check", "--root", file, file / AT)) == found(there), "below the name of the image, as below a directory"
    text = vf("check", "--root", scratch / "docker.tar", "/" + AT, rc=0).out.decode()
    assert f"checked for /{AT} in the image {scratch}/docker.tar" in text
    outside = scratch / "env"
    shutil.copytree(image / AT, outside, symlinks=True)
    assert report("check", "--root", scratch / "docker.tar", "--at", "/" + AT, outside, rc=0)["at"] == "/" + AT
    assert error("check", "--root", scratch / "docker.tar", outside, code="usage")["message"].startswith("the environment is not in")
    with tarfile.open(scratch / "env.tar", "w") as t:
        t.add(outside, "venv")
    assert report("check", "--root", scratch / "docker.tar", scratch / "env.tar", rc=0)["at"] == "/" + AT, "an archive for an image"


def test_layers_hide(image, scratch):
    """The base is removed by a whiteout, a directory is made opaque, and put back by a later layer."""
    layers = layers_of(image)
    python = f"usr/bin/{PYTHON.name}"
    gone = layers + [layer(members=[(f"usr/bin/.wh.{PYTHON.name}", b"")])]
    opaque = layers + [layer(members=[("usr/bin/.wh..wh..opq", b"")])]
    back = gone + [layer([python], image)]
    for name, make in (("docker.tar", docker_save), ("oci", oci_dir)):
        for number, (what, rc) in enumerate(((gone, 1), (opaque, 1), (back, 0))):
            doc = report("check", "--root", make(scratch / f"{number}{name}", what), "/" + AT, rc=rc)
            assert bool(find(doc, rule="VF102")) == (rc == 1), (name, number, doc["findings"])


def test_images_that_cannot_be_read(image, scratch):
    one = layer(members=[("etc/os-release", b"x")])
    assert "2 images" in error("check", "--root", docker_save(scratch / "two.tar", [one], images=2), "/a", code="usage")["message"]
    with tarfile.open(scratch / "lacks.tar", "w") as t:
        put(t, "manifest.json", b'[{"Layers": ["../../etc/passwd"]}]')
    error("check", "--root", scratch / "lacks.tar", "/a", code="bad-archive")
    for bad in (b"[", b"{}", b'[{"Layers": [1]}]', b'[{"Layers": []}]'):
        with tarfile.open(scratch / "bad.tar", "w") as t:
            put(t, "manifest.json", bad)
        error("check", "--root", scratch / "bad.tar", "/a", code=("bad-archive", "usage"))
    error("check", "--root", docker_save(scratch / "cut.tar", [one[:700]]), "/a", code="bad-archive")
    (scratch / "text").write_text("no archive\n" * 99)
    error("check", "--root", scratch / "text", "/a", code="bad-archive")
    evil = oci_dir(scratch / "evil", [one])
    (evil / "index.json").write_text(json.dumps({"manifests": [{"digest": "sha256:../../../etc/passwd"}]}))
    error("check", "--root", evil, "/a", code="bad-archive")
