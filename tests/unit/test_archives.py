"""Packages read from folders and archives: the same files whatever they came in, and hostile ones refused whole."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile

import pytest

from channels.locales import languages
from governance.packages.archive import read_archive
from governance.packages.bounds import PackageBounds
from governance.packages.differing import ChangeKind, differences
from governance.packages.folder import read_folder
from governance.packages.package import Package, PackageFile, package_of
from governance.packages.packing import pack, unpack
from governance.packages.refused import PackageRefused
from governance.packages.written import remove_written, write_to

FILES = {"SKILL.md": (0o644, b"---\nname: pdf\n---\nRead.\n"), "scripts/run.sh": (0o755, b"#!/bin/sh\necho hello\n")}
SMALL = PackageBounds(most_entries=20, most_bytes=1 << 20, most_file_bytes=1 << 19)


def zipped(*entries, **changes):
    """A zip of names and contents, or of whole entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", changes.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*entries, mode="w:"):
    """A tar of names and contents, or of whole headers."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, content in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def entry(name, mode=0o100644):
    made = zipfile.ZipInfo(name)
    made.create_system = 3
    made.external_attr = mode << 16
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def header(name, kind=tarfile.REGTYPE, mode=0o644, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.mode, made.linkname = kind, mode, link
    return made


def refused(data, bounds=SMALL):
    with pytest.raises(PackageRefused) as caught:
        read_archive(data, bounds)
    assert all(caught.value.said(language) for language in languages())
    return caught.value.reason


def test_the_same_files_are_the_same_package_wherever_they_come_from(tmp_path):
    for name, (mode, content) in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    package = read_folder(tmp_path)
    in_zip = zipped(*((entry(name, 0o100000 | mode), content) for name, (mode, content) in FILES.items()))
    tar = tarred(*((header(f"./{name}", mode=mode), content) for name, (mode, content) in FILES.items()))

    assert package == package_of(FILES)
    assert [file.path for file in package.files] == ["SKILL.md", "scripts/run.sh"]
    for data in (in_zip, tar, gzip.compress(tar), bz2.compress(tar), lzma.compress(tar), pack(package)):
        assert read_archive(data).digest == package.digest


def test_a_digest_changes_with_a_name_a_mode_or_a_byte():
    digests = {
        package_of(files).digest
        for files in (
            FILES,
            FILES | {"SKILL.md": (0o755, FILES["SKILL.md"][1])},
            FILES | {"SKILL.md": (0o644, b"")},
            {"skill.md": FILES["SKILL.md"], "scripts/run.sh": FILES["scripts/run.sh"]},
            {"a": (0o644, b"b"), "c": (0o644, b"")},
            {"a": (0o644, b""), "c": (0o644, b"b")},
        )
    }

    assert len(digests) == 6


def test_packing_is_the_same_for_the_same_files_and_keeps_them_all():
    package = package_of(FILES | {"zeros.bin": (0o644, bytes(20 << 20))})

    assert pack(package) == pack(unpack(pack(package)))
    assert unpack(pack(package)) == package


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "slip"),
        ("a/../../evil", "slip"),
        ("a//b", "slip"),
        ("/etc/passwd", "absolute"),
        ("C:/evil", "absolute"),
        ("a:stream", "absolute"),
        ("..\\evil", "backslash"),
        ("a" * 400, "long_name"),
        ("/".join(["a"] * 30), "long_name"),
        ("scripts/CON", "reserved"),
        ("aux.txt", "reserved"),
        ("name.", "reserved"),
        ("name ", "reserved"),
        ("a\u202eb", "signs"),
        ("a\u200bb", "signs"),
        ("a\nb", "signs"),
    ],
)
def test_a_name_that_means_something_else_elsewhere_is_refused(name, reason):
    assert refused(zipped((name, b"x"))) == reason
    assert refused(tarred((name, b"x"))) == reason


@pytest.mark.parametrize(
    "names", [("a", "a"), ("Read.md", "READ.MD"), ("é", "e\u0301"), ("straße", "STRASSE"), ("A/x", "a/y"), ("a", "a/b")]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_names_that_are_one_on_some_system_are_refused(names):
    assert refused(zipped(*((name, b"") for name in names))) == "duplicate"
    assert refused(tarred(*((name, b"") for name in names))) == "duplicate"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (header("l", tarfile.SYMTYPE, link="/etc/passwd"), "link"),
        (header("l", tarfile.LNKTYPE, link="SKILL.md"), "link"),
        (header("d", tarfile.CHRTYPE), "device"),
        (header("d", tarfile.BLKTYPE), "device"),
        (header("d", tarfile.FIFOTYPE), "device"),
        (header("d", tarfile.GNUTYPE_SPARSE), "device"),
        (header("s", mode=0o4755), "set_uid"),
        (header("s", mode=0o2755), "set_uid"),
    ],
)
def test_only_ordinary_files_are_taken_out_of_a_tar(made, reason):
    assert refused(tarred((made, b""))) in {reason, "broken"}


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(stat.S_IFLNK | 0o777, "link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device"), (0o104755, "set_uid")],
)
def test_only_ordinary_files_are_taken_out_of_a_zip(mode, reason):
    assert refused(zipped((entry("x", mode), b"/etc/passwd"))) == reason


def test_too_many_entries_and_bombs_are_refused():
    assert refused(zipped(*((f"{n}", b"") for n in range(21)))) == "entries"
    assert refused(tarred(*((f"{n}", b"") for n in range(21)))) == "entries"
    assert refused(zipped(("zeros", bytes(700_000)))) == "file_too_large"
    assert refused(zipped(*((f"{n}", bytes(400_000)) for n in range(9)))) == "too_large"
    assert refused(zipped(("zeros", bytes(20 << 20))), PackageBounds()) == "bomb"
    assert refused(gzip.compress(bytes(80 << 20)), PackageBounds(most_ratio=50)) == "bomb"
    assert refused(gzip.compress(tarred(*((f"{n}", bytes(500_000)) for n in range(5))))) in {"bomb", "too_large"}


def test_entries_that_lie_in_one_another_are_refused():
    made = zipped(("a", os.urandom(100)), ("b", os.urandom(100)))
    directory = made.rindex(b"PK\x01\x02")
    overlapping = made[: directory + 42] + b"\0\0\0\0" + made[directory + 46 :]

    assert refused(overlapping) == "stray_bytes"


def test_an_archive_that_is_something_else_as_well_is_refused():
    plain, tar = zipped(("a", b"x")), tarred(("a", b"x"))

    assert refused(b"#!/bin/sh\n" + plain) == "unknown"
    assert refused(plain + b"more") in {"stray_bytes", "broken"}
    assert refused(gzip.compress(tar) + plain) == "stray_bytes"
    assert refused(tar + plain) == "stray_bytes"
    assert refused(gzip.compress(tar) + gzip.compress(tar)) == "stray_bytes"
    assert refused(plain[:30] + b"\0" + plain[30:]) in {"stray_bytes", "broken"}


def test_what_cannot_be_read_whole_is_refused():
    plain = zipped(("a", b"x" * 1000))
    locked = bytearray(plain)
    locked[6] |= 1
    locked[plain.rindex(b"PK\x01\x02") + 8] |= 1

    assert refused(bytes(locked)) == "encrypted"
    assert refused(plain[:-30]) == "broken"
    assert refused(gzip.compress(tarred(("a", b"x")))[:-12]) == "broken"
    assert refused(tarred(("a", b"x" * 2000))[:1024]) == "broken"
    assert refused(b"Rar!\x1a\x07\x00") == "unknown"
    assert refused(b"") == "unknown"


def test_an_archive_inside_is_a_file_like_others():
    inner = zipped(("deep", b"x"))

    assert read_archive(zipped(("inner.zip", inner))).files[0].content == inner


@pytest.mark.parametrize("made", ["link", "link to a folder", "fifo", "set-uid"])
def test_a_folder_with_anything_but_files_and_folders_is_refused(tmp_path, made):
    (tmp_path / "sub").mkdir()
    odd = tmp_path / "sub" / "odd"
    if made == "fifo":
        os.mkfifo(odd)
    elif made == "set-uid":
        odd.write_bytes(b"")
        odd.chmod(0o4755)
    else:
        odd.symlink_to("/etc" if made == "link to a folder" else "/etc/passwd")

    with pytest.raises(PackageRefused, match="sub/odd"):
        read_folder(tmp_path)


def test_a_folder_that_holds_too_much_is_refused(tmp_path):
    (tmp_path / "big").write_bytes(bytes(600_000))

    with pytest.raises(PackageRefused, match="big"):
        read_folder(tmp_path, SMALL)


def test_a_package_is_written_read_only_and_taken_away(tmp_path):
    package, folder = package_of(FILES), tmp_path / "pdf"
    write_to(package, folder)

    assert read_folder(folder) == package
    assert stat.S_IMODE((folder / "SKILL.md").stat().st_mode) == 0o444
    assert stat.S_IMODE((folder / "scripts" / "run.sh").stat().st_mode) == 0o555
    assert stat.S_IMODE((folder / "scripts").stat().st_mode) == 0o555
    with pytest.raises(FileExistsError):
        write_to(package, folder)
    remove_written(folder)
    remove_written(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_cannot_be_written_leaves_nothing(tmp_path):
    broken = Package(files=(PackageFile(path="a", mode=0o644, content=b""),) * 2)

    with pytest.raises(FileExistsError):
        write_to(broken, tmp_path / "pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_new_version_is_told_by_what_differs():
    old = package_of(FILES | {"gone.txt": (0o644, b"x"), "same": (0o644, b"")})
    new = package_of(
        FILES
        | {"SKILL.md": (0o644, b"---\nname: pdf\n---\nSend.\n"), "same": (0o644, b""), "a.bin": (0o644, b"\0"),
           "scripts/run.sh": (0o644, FILES["scripts/run.sh"][1]), "long": (0o644, b"x\n" * 500)}
    )  # fmt: skip
    found = {change.path: change for change in differences(old, new)}

    assert {path: change.kind for path, change in found.items()} == {
        "SKILL.md": ChangeKind.CHANGED,
        "a.bin": ChangeKind.ADDED,
        "gone.txt": ChangeKind.REMOVED,
        "long": ChangeKind.ADDED,
        "scripts/run.sh": ChangeKind.CHANGED,
    }
    assert {"-Read.", "+Send."} <= set(found["SKILL.md"].lines)
    assert found["a.bin"].is_binary
    assert found["long"].is_cut
    assert (found["scripts/run.sh"].old_mode, found["scripts/run.sh"].new_mode) == (0o755, 0o644)


def test_the_one_folder_of_an_archive_is_a_package_of_its_own():
    package = read_archive(zipped(("pdf-main/SKILL.md", b"x"), ("pdf-main/a/b", b"y"), ("else", b"")))

    assert [file.path for file in package.below("pdf-main").files] == ["SKILL.md", "a/b"]
