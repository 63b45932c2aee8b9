"""The emulated tenant as a client sees it that is not ours: Microsoft's typed SDK, with its own models."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.authentication_phone_type import AuthenticationPhoneType
from msgraph.generated.models.email_authentication_method import EmailAuthenticationMethod
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.phone_authentication_method import PhoneAuthenticationMethod
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant


def asked(tenant: SandboxTenant, work: Callable[[GraphServiceClient], Awaitable[Any]]) -> Any:
    """What the SDK makes of it."""

    async def run(url: str) -> Any:
        async with httpx.AsyncClient(timeout=60) as http:  # the SDK's own client leaves its sockets open
            adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=http)
            adapter.base_url = f"{url}/v1.0"
            return await work(GraphServiceClient(request_adapter=adapter))

    with SandboxServer(tenant) as server:
        return asyncio.run(run(server.url))


@pytest.fixture
def tenant() -> SandboxTenant:
    """Jane, in a quiet tenant."""
    made = SandboxTenant(faults=Faults.none(), scale=1000)
    made.new_user("jane@contoso.com")
    return made


def test_a_phone_and_an_address_through_the_typed_client(tenant: SandboxTenant) -> None:
    """Made, read back with its time of creation, and deleted, each in the SDK's own types."""

    async def work(graph: GraphServiceClient) -> None:
        jane = graph.users.by_user_id("jane@contoso.com").authentication
        phone = PhoneAuthenticationMethod()
        phone.phone_number, phone.phone_type = "+44 7400123456", AuthenticationPhoneType.Mobile
        made = await jane.phone_methods.post(phone)
        assert made is not None
        assert made.phone_type is AuthenticationPhoneType.Mobile
        email = EmailAuthenticationMethod()
        email.email_address = "jane@example.org"
        await jane.email_methods.post(email)
        listed = await jane.phone_methods.get()
        assert listed is not None
        assert [one.phone_number for one in listed.value or []] == ["+44 7400123456"]
        assert all(one.created_date_time for one in listed.value or [])
        await jane.phone_methods.by_phone_authentication_method_id(str(made.id)).delete()
        assert not ((await jane.phone_methods.get()) or listed).value

    asked(tenant, work)
    assert [write.verb for write in tenant.writes] == ["POST", "POST", "DELETE"]


def test_a_refusal_is_the_typed_error(tenant: SandboxTenant) -> None:
    """An option that is not known comes back as ODataError with code and message."""

    async def work(graph: GraphServiceClient) -> ODataError:
        wanted = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(orderby=["department"])
        with pytest.raises(ODataError) as told:
            await graph.users.get(RequestConfiguration(query_parameters=wanted))
        return told.value

    error = asked(tenant, work)
    assert error.response_status_code == 400
    assert "$orderby" in str(error.error.message)


def test_lists_in_typed_pages(tenant: SandboxTenant) -> None:
    """Users, roles, the report, the policy, the audit log and the domains parse as what they are."""
    tenant.permissions.add("Domain.Read.All")
    tenant.refresh_report()

    async def work(graph: GraphServiceClient) -> list[str]:
        details = graph.reports.authentication_methods.user_registration_details
        lists = [
            await graph.users.get(),
            await graph.role_management.directory.role_assignments.get(),
            await details.get(),
            await graph.domains.get(),
            await graph.organization.get(),
        ]
        policy = await graph.policies.authentication_methods_policy.get()
        kinds = [type((page.value or [None])[0]).__name__ for page in lists if page is not None]
        configs = (policy.authentication_method_configurations or []) if policy else []
        return [*kinds, *(type(config).__name__ for config in configs)]

    assert asked(tenant, work) == [
        "User",
        "UnifiedRoleAssignment",
        "UserRegistrationDetails",
        "Domain",
        "Organization",
        "SmsAuthenticationMethodConfiguration",
        "VoiceAuthenticationMethodConfiguration",
        "EmailAuthenticationMethodConfiguration",
    ]
