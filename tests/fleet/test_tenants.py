"""Which tenants a fleet has."""

from pathlib import Path

import pytest

from prepop.errors import UsageError
from prepop.fleet.tenants import shard_of, tenants_of


def test_names_are_short_and_one_of_a_kind(tmp_path: Path) -> None:
    """A tenant is called after its folder, or its file; where that says too little, by more of its path."""
    (tmp_path / "contoso").mkdir()
    words = [
        str(tmp_path / "contoso"),
        str(tmp_path / "fabrikam.toml"),
        str(tmp_path / "east" / "shop" / "prepop.toml"),
        str(tmp_path / "west" / "shop" / "prepop.toml"),
    ]
    assert [tenant.name for tenant in tenants_of(words)] == ["contoso", "east-shop", "fabrikam", "west-shop"]
    assert tenants_of(words)[0].config == tmp_path / "contoso" / "prepop.toml"
    assert tenants_of(words)[2].variables == tmp_path / "fabrikam.env"


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    """A name is one folder below --out, whatever a config is called."""
    for tenant in tenants_of([str(tmp_path / ".." / "..toml"), str(tmp_path / "a b;c" / "prepop.toml")]):
        assert Path(tenant.name).name == tenant.name
        assert tenant.name not in ("", ".", "..")


def test_one_config_twice(tmp_path: Path) -> None:
    """Two runs of one state at once are refused, also where a link hides it."""
    (tmp_path / "contoso").mkdir()
    (tmp_path / "contoso" / "prepop.toml").touch()
    (tmp_path / "link").symlink_to(tmp_path / "contoso")
    with pytest.raises(UsageError, match="named twice"):
        tenants_of([str(tmp_path / "contoso"), str(tmp_path / "link")])


@pytest.mark.parametrize("count", [1, 3, 4, 60])
def test_shards_share_the_tenants(count: int) -> None:
    """Each tenant is in one shard, in whatever order the configs were named."""
    words = [f"/customers/{number}/prepop.toml" for number in range(50)]
    here = [shard_of(tenants_of(words), (number, count)) for number in range(count)]
    there = [shard_of(tenants_of(words[::-1]), (number, count)) for number in range(count)]
    assert here == there
    assert sorted(tenant.name for shard in here for tenant in shard) == sorted(map(str, range(50)))
