"""Archives for tests: tars of all makes, packed and damaged ones."""
import gzip
import io
import struct
import tarfile


def tar(members, make=tarfile.USTAR_FORMAT, **more):
    """Bytes of a tar. A member: (name, bytes, or a dict of what tarfile.TarInfo
    has)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=make, **more) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, dict):
                for key, value in content.items():
                    setattr(info, key, value)
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def header(name, size, kind=b"0"):
    """A header of 512 bytes that is right, whatever it says."""
    number = b"%011o\0" % size if size < 8 ** 11 else (
        b"\x80" + size.to_bytes(11, "big"))
    block = bytearray(name.encode().ljust(100, b"\0") + b"0000644\0" * 1
                      + b"0000000\0" * 2 + number + b"00000000000\0"
                      + b" " * 8 + kind + bytes(100) + b"ustar\0" + b"00")
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


END = bytes(1024)


def gz(content):
    return gzip.compress(content, 1, mtime=0)


def zst(content, window=None):
    """A frame of Zstandard whose blocks are the bytes themselves; window: its
    descriptor, when no size is to be known."""
    blocks = [content[at:at + (1 << 16)]
              for at in range(0, len(content), 1 << 16)] or [b""]
    out = struct.pack("<I", 0xFD2FB528)
    if window is None:
        out += b"\xe0" + struct.pack("<Q", len(content))
    else:
        out += b"\x00" + bytes([window])
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        out += ((len(block) << 3) | last).to_bytes(3, "little") + block
    return out
