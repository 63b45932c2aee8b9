"""A working place for `demo` and `sandbox`: config, mapping and export that fit an emulated tenant."""

from dataclasses import dataclass
from pathlib import Path

from prepop.files import owner_only_folder, write_owner_only, write_through
from prepop.sandbox.people.directory import SampleDirectory
from prepop.sandbox.people.hr import write_hr_file
from prepop.settings.samples import default_mapping
from prepop.settings.template import demo_config

EMAIL = """
[email]                             # the sample directory keeps private addresses here
from = ["extensionAttribute1"]
"""

EMAIL_OF_HR = """
[email]                             # the directory's own where there is one, else what HR has
from = ["extensionAttribute1", "hr:Private mail"]
"""

CONFIG, MAPPING, EXPORT = "prepop.toml", "mapping.toml", "people.ldif"
WITH_HR, HR_MAPPING, HR_FILE = "with-hr.toml", "mapping-with-hr.toml", "hr-export.csv"


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

    def write_hr(self, endpoint: str, seed: int) -> Path:
        """A file of HR beside the directory, and a config and a mapping that use it; the same state."""
        write_through(self.folder / HR_FILE, lambda path: write_hr_file(self.people, path, seed))
        write_owner_only(self.folder / HR_MAPPING, (default_mapping() + EMAIL_OF_HR).encode())
        text = demo_config(Path(EXPORT), Path(HR_MAPPING), endpoint, verb=self.verb, extra=HR_FILE)
        write_owner_only(self.folder / WITH_HR, text.encode())
        return self.folder / WITH_HR
