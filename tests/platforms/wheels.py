"""Wheels as builders make them, of one module that brings two tools."""

import io
import zipfile

CODE = '''
from agents.tools.schema import tool
from governance.values.verdicts import Effect

async def double(context, number: int) -> str:
    """Double a number."""
    return str(2 * number)

async def shout(context, words: str) -> str:
    """Say it loudly."""
    return words.upper()

doubling = tool(double, effect=Effect.NONE)
'''
OFFERS = "[nexora.tools]\ndouble = {module}:doubling\nshout = {module}:shout\n"


def wheel(
    name: str, code: str = CODE, offers: str = OFFERS, version: str = "1.0", needs: str = "", **more: str
) -> dict[str, bytes]:
    """The bytes by file name. `needs` are others between blanks, `more` further files by path."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: Tries.\nAuthor: Somebody\n"
    files = {
        f"{module}.py": code,
        **more,
        f"{info}/METADATA": head + "".join(f"Requires-Dist: {need}\n" for need in needs.split()),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": offers.format(module=module),
        f"{info}/RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return {f"{module}-{version}-py3-none-any.whl": packed.getvalue()}
