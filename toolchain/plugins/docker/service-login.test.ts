import { createServer, IncomingMessage, Server } from "node:http";
import { AddressInfo } from "node:net";
import { Context } from "../../plugin/provider";
import { Values } from "../../plugin/values";
import { Daemon } from "./daemon";
import { service } from "./service";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** What an engine was sent: where, the login, and the image. */
interface Received {
    path: string;
    login: unknown;
    image?: string;
}

/** An engine that has one service, and remembers what it was sent. */
function engine(received: Received[]): Server {
    let spec: Record<string, unknown> = {};
    const answer = async (request: IncomingMessage) => {
        const url = request.url ?? "";
        const login = request.headers["x-registry-auth"] as string | undefined;
        let body = "";
        for await (const piece of request) body += String(piece);
        if (request.method === "POST") spec = JSON.parse(body) as typeof spec;
        const task = spec.TaskTemplate as { ContainerSpec: { Image: string } } | undefined;
        if (login)
            received.push({
                path: url.replace(/\?.*/, ""),
                login: JSON.parse(Buffer.from(login, "base64url").toString()),
                ...(request.method === "POST" && { image: task?.ContainerSpec.Image }),
            });
        if (url.startsWith("/distribution/"))
            return { Descriptor: { digest: DIGEST }, Platforms: [{ architecture: "arm", os: "linux" }] };
        return { ID: "id", Version: { Index: 1 }, Spec: spec, Endpoint: { Spec: spec.EndpointSpec } };
    };
    return createServer((request, response) => {
        void answer(request).then((json) => response.end(JSON.stringify(json)));
    });
}

describe("the login for a service's image", () => {
    const received: Received[] = [];
    const server = engine(received);
    const daemon = new Daemon();
    const type = service(daemon);
    const context: Context = {
        name: "app",
        signal: new AbortController().signal,
        status: () => undefined,
        log: () => undefined,
    };
    const inputs = (more: Values = {}): Values => ({
        name: "app",
        taskSpec: { containerSpec: { image: "registry.example.com/app:1" } },
        ...more,
    });

    beforeAll(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        await daemon.configure({
            host: `tcp://127.0.0.1:${port}`,
            disableDockerDaemonCheck: true,
            registryAuth: [{ address: "registry.example.com", username: "all", password: "p" }],
        });
    });
    beforeEach(() => {
        received.length = 0;
    });
    afterAll(() => {
        server.close();
    });

    const own = { auth: { serverAddress: "registry.example.com", username: "one", password: "q" } };
    test.each([
        ["its own", own, "one"],
        ["the provider's, where it has none", {}, "all"],
    ])("is %s, to find the digest, to create it and to update it", async (_, more, username) => {
        const login = expect.objectContaining({ username, serveraddress: "registry.example.com" }) as unknown;
        const { id, state } = await type.create(inputs(more), context);
        await type.update?.(id, state, inputs(more), context);
        const image = "registry.example.com/app:1";
        expect(received).toEqual([
            { path: `/distribution/${image}/json`, login },
            { path: "/services/create", login, image: `${image}@${DIGEST}` },
            // As officially, an update sends the tag as it is.
            { path: "/services/id/update", login, image },
        ]);
        expect(state).toMatchObject({
            taskSpec: { placement: { platforms: [{ architecture: "", os: "linux" }] } },
        });
    });

    test("is an empty one where nobody has one, as officially", async () => {
        await type.create(inputs({ auth: { serverAddress: "registry.example.com" } }), context);
        expect(received.at(-1)).toMatchObject({ path: "/services/create", login: {} });
    });
});
