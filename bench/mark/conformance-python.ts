/** Reads the AIGC field (of plain text: the manifest) with nothing but Python's standard library: prints what it finds, once for each time that it stands in the file. */
export const pythonReader = `
import sys, re, struct, zipfile, html.parser, xml.etree.ElementTree as E
path, kind = sys.argv[1:3]
data = open(path, 'rb').read()
found = []
if kind == 'wav':
    assert data[:4] == b'RIFF' and data[8:12] == b'WAVE'
    at = 12
    while at + 8 <= len(data):
        name, size = data[at:at+4], struct.unpack('<I', data[at+4:at+8])[0]
        if name == b'AIGC': found.append(data[at+8:at+8+size].decode())
        at += 8 + size + size % 2
elif kind in ('docx', 'xlsx', 'pptx'):
    z = zipfile.ZipFile(path)
    assert z.testzip() is None
    for part in z.namelist():
        if part.endswith(('.xml', '.rels')): E.fromstring(z.read(part))
    for p in E.fromstring(z.read('docProps/custom.xml')):
        if p.get('name') == 'AIGC': found.append(''.join(p.itertext()))
elif kind == 'html':
    class P(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            a = dict(attrs)
            if tag == 'meta' and a.get('name') == 'AIGC': found.append(a['content'])
    P().feed(data.decode())
elif kind == 'mid':
    at = 14
    while data[at:at+4] == b'MTrk':
        size = struct.unpack('>I', data[at+4:at+8])[0]
        track, i = data[at+8:at+8+size], 0
        while track[i:i+2] == b'\\0\\xff':
            length, k = 0, i + 3
            while track[k] & 128: length, k = length * 128 + (track[k] & 127), k + 1
            length, k = length * 128 + track[k], k + 1
            text = track[k:k+length]
            if track[i+2] == 1 and text.startswith(b'AIGC='): found.append(text[5:].decode())
            i = k + length
        at += 8 + size
elif kind == 'md':
    front = re.match(r'---\\n(.*?)\\n---\\n', data.decode(), re.S).group(1)
    found += [m for m in re.findall(r'^AIGC:\\n((?:  \\w+:.*\\n?)+)', front, re.M)]
elif kind == 'txt':
    # variation selectors spell bytes (C2PA 2.4, A.8)
    run = [ord(c) for c in data.decode() if 0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF]
    found.append(bytes(c - 0xFE00 if c < 0xFE10 else c - 0xE0100 + 16 for c in run).decode('latin1'))
sys.stdout.buffer.write('\\n--\\n'.join(found).encode())
`;
