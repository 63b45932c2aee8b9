// Drives the emulated tenant with Microsoft's JavaScript client; prints what it saw as JSON.
// node drive.mjs URL, where the client lies in node_modules beside.
import { BatchRequestContent, BatchResponseContent, Client } from "@microsoft/microsoft-graph-client";

const root = process.argv[2];
// The client sends tokens to Microsoft's own hosts alone; the emulated tenant is asked without one.
const client = Client.initWithMiddleware({
  baseUrl: root,
  defaultVersion: "v1.0",
  authProvider: { getAccessToken: async () => "none" },
});
const seen = {};

// a list through its nextLinks; the client knows whole addresses with https alone, so the root is cut off
const first = await client.api("/users").select(["id", "userPrincipalName"]).top(2).get();
seen.names = [];
for (let page = first; page; ) {
  seen.names.push(...page.value.map((user) => user.userPrincipalName));
  const next = page["@odata.nextLink"];
  page = next ? await client.api(next.slice(`${root}/v1.0`.length)).get() : null;
}

// an advanced query as the client writes it
const found = await client
  .api("/users")
  .header("ConsistencyLevel", "eventual")
  .count(true)
  .search('"displayName:jane"')
  .get();
seen.found = [found["@odata.count"], found.value.length];

// methods: made, listed, changed, deleted
const jane = `/users/${first.value[0].id}/authentication`;
const made = await client.api(`${jane}/phoneMethods`).post({ phoneNumber: "+44 7400123456", phoneType: "mobile" });
await client.api(`${jane}/emailMethods`).post({ emailAddress: "jane@example.org" });
await client.api(`${jane}/phoneMethods/${made.id}`).patch({ phoneNumber: "+44 7400123457" });
seen.phones = (await client.api(`${jane}/phoneMethods`).get()).value.map((phone) => phone.phoneNumber);

// a batch of the client's own making, each waiting for the one before
// (it cuts off the host of a request, and no more)
const ask = (url) => new Request(`https://graph.microsoft.com${url}`, { method: "GET" });
const batch = new BatchRequestContent([
  { id: "1", request: ask(`${jane}/phoneMethods`) },
  { id: "2", request: ask("/users/11111111-2222-4333-8444-555555555555"), dependsOn: ["1"] },
  { id: "3", request: ask(`${jane}/emailMethods`), dependsOn: ["2"] },
]);
const answers = new BatchResponseContent(await client.api("/$batch").post(await batch.getContent()));
seen.batch = ["1", "2", "3"].map((id) => answers.getResponseById(id).status);

await client.api(`${jane}/phoneMethods/${made.id}`).delete();
seen.left = (await client.api(`${jane}/phoneMethods`).get()).value.length;

// a refusal as the client's own error
try {
  await client.api("/users").orderby("department").get();
} catch (error) {
  seen.refused = [error.constructor.name, error.statusCode, error.code];
}
process.stdout.write(JSON.stringify(seen));
