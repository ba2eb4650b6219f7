"""Writes the list of what the static program is made of (SPDX 2.3) to standard output.

usage: sbom.py PROGRAM ARCH     PROGRAM.tsv has the packages: name, version, source, source version

The same inputs and SOURCE_DATE_EPOCH give the same bytes. Format: https://spdx.github.io/spdx-spec/v2.3/
"""
import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

REPO = Path(__file__).resolve().parents[2]
DEB = {"x86_64": "amd64", "aarch64": "arm64"}


def spdx_id(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


def package(name, version, locator, **more):
    fields = {"SPDXID": spdx_id(name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
              "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
              "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}]}
    return {**fields, **more}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, arch = Path(sys.argv[1]), sys.argv[2]
    version = re.search(r'^#define VENVFIX_VERSION +"(.*)"$', (REPO / "src/venvfix.h").read_text(), re.M).group(1)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    packages = [package("venvfix", version, f"pkg:generic/venvfix@{version}", licenseDeclared="MIT", primaryPackagePurpose="APPLICATION",
                        packageFileName=program.name, checksums=[{"algorithm": "SHA256", "checksumValue": digest}])]
    for line in Path(f"{program}.tsv").read_text().splitlines():
        name, number, source, source_number = line.split("\t")
        locator = f"pkg:deb/debian/{quote(name)}@{quote(number)}?arch={DEB.get(arch, arch)}"
        packages.append(package(name, number, locator, sourceInfo=f"built from: {source} {source_number}", primaryPackagePurpose="LIBRARY"))
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-venvfix"}]
    relations += [{"spdxElementId": "SPDXRef-venvfix", "relationshipType": "STATIC_LINK", "relatedSpdxElement": p["SPDXID"]} for p in packages[1:]]
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or 0)))
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": program.name,
                "documentNamespace": f"https://spdx.org/spdxdocs/{program.name}-{digest[:32]}",
                "creationInfo": {"created": created, "creators": ["Tool: venvfix-sbom"]}, "packages": packages, "relationships": relations}
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
