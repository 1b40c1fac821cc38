#!/usr/bin/env bash
# python-docx 1.2.0: Paragraph.text of a document with tracked changes.
#
# One would expect: the text as Word shows it, or as it was before the changes.
# Seen: neither. Words that were put in (w:ins) are left out, and so are those that were struck out (w:del), and a
# paragraph in a content control (w:sdt) is in no list of paragraphs. What a reader of Word sees as "kept new end" is
# "kept  end", without any sign. Whoever wants what stands there has to walk the XML.
#
# Needs python3 with pip. Exit 0: still so. Exit 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --target "$work/packages" python-docx==1.2.0 2>/dev/null
PYTHONPATH=$work/packages python3 - "$work/made.docx" <<'PYTHON'
import sys
from importlib.metadata import version

from docx import Document
from docx.oxml import parse_xml

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
made = Document()
changed = f"""<w:p {W}><w:r><w:t xml:space="preserve">kept </w:t></w:r>
<w:ins w:id="1" w:author="a"><w:r><w:t>new</w:t></w:r></w:ins><w:del w:id="2" w:author="a"><w:r><w:delText>old</w:delText></w:r></w:del>
<w:r><w:t xml:space="preserve"> end</w:t></w:r></w:p>"""
held = f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
for xml in (changed, held):
    made.element.body.insert(0, parse_xml(xml))
made.save(sys.argv[1])
texts = [paragraph.text for paragraph in Document(sys.argv[1]).paragraphs]
print("python-docx", version("python-docx"), texts)
sys.exit(texts != ["kept  end"])
PYTHON
