"""A working place for `demo` and `sandbox`: config, mapping and export that fit an emulated tenant."""

from dataclasses import dataclass
from pathlib import Path

from prepop.files import owner_only_folder, write_owner_only, write_through
from prepop.sandbox.people.directory import SampleDirectory
from prepop.settings.samples import default_mapping
from prepop.settings.template import demo_config

EMAIL = """
[email]                             # the sample directory keeps private addresses here
from = ["extensionAttribute1"]
"""

CONFIG, MAPPING, EXPORT = "prepop.toml", "mapping.toml", "people.ldif"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with everything that one rehearsal needs."""

    folder: Path
    people: SampleDirectory
    verb: str = "demo"

    def write(self, endpoint: str) -> Path:
        """Write config, mapping and export; an existing mapping stays, so that one can try changes."""
        owner_only_folder(self.folder)
        config = self.folder / CONFIG
        # the export first: whoever sees the config finds what it names
        write_through(self.folder / EXPORT, self.people.write_ldif)
        if not (self.folder / MAPPING).exists():
            write_owner_only(self.folder / MAPPING, (default_mapping() + EMAIL).encode())
        text = demo_config(Path(EXPORT), Path(MAPPING), endpoint, verb=self.verb)
        write_owner_only(config, text.encode())
        return config
