import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Context } from "../../plugin/provider.ts";
import type { Values } from "../../plugin/values.ts";
import { container } from "./container.ts";
import { Daemon } from "./daemon.ts";
import { image } from "./image.ts";
import { network } from "./network.ts";
import { remoteImage } from "./remote-image.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";
import { serviceConfig } from "./service-config.ts";
import { volume } from "./volume.ts";

const SECRET = "hush-hush";

const context: Context = {
    name: "x",
    signal: new AbortController().signal,
    status: () => undefined,
    log: () => undefined,
};

/** A request to the engine. */
interface Received {
    url: string;
    body: string;
}

describe("a request to the engine", () => {
    const received: Received[] = [];
    const daemon = new Daemon();
    /** A fake engine that has no image until it has pulled one. */
    const server = createServer((request, response) => {
        const url = request.url ?? "";
        const pieces: Buffer[] = [];
        request.on("data", (piece: Buffer) => pieces.push(piece));
        request.on("end", () => {
            received.push({ url, body: Buffer.concat(pieces).toString() });
            const pulled = received.some(({ url }) => url.startsWith("/images/create"));
            if (url.includes("/absent/json") && !pulled) response.statusCode = 404;
            const answer = {
                ...{ Id: "id", ID: "id", Name: "x", Driver: "local", RepoDigests: [], RepoTags: [] },
                ...{ Version: { Index: 1 }, Spec: { Name: "x", TaskTemplate: {}, Mode: {} }, Endpoint: {} },
                ...{ State: { Running: true }, Config: {}, HostConfig: {}, NetworkSettings: {} },
                aux: { Digest: "sha256:1" },
            };
            response.end(JSON.stringify(answer));
        });
    });

    beforeAll(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        await daemon.configure({
            host: `tcp://127.0.0.1:${port}`,
            disableDockerDaemonCheck: true,
            registryAuth: [{ address: "r.example.com", username: "me", password: SECRET }],
        });
    });
    beforeEach(() => {
        received.length = 0;
    });
    afterAll(() => {
        server.close();
    });

    const text = [{ label: "text", value: SECRET }];
    const taskSpec = { containerSpec: { image: "r.example.com/app", env: { PASSWORD: SECRET } } };
    // BuildKit opens another connection, which has no login.
    const build = {
        context: import.meta.dirname,
        dockerfile: import.meta.filename,
        builderVersion: "BuilderV1",
    };
    const types = { container, image, network, remoteImage, secret, service, serviceConfig, volume };

    test.each<[keyof typeof types, Values, string]>([
        ["container", { image: "x", envs: [`PASSWORD=${SECRET}`] }, "/containers/create?name=x"],
        ["secret", { data: SECRET }, "/secrets/create"],
        ["serviceConfig", { data: SECRET }, "/configs/create"],
        ["serviceConfig", { dataRaw: SECRET }, "/configs/create"],
        ["volume", { driverOpts: { o: SECRET } }, "/volumes/create"],
        ["network", { labels: text }, "/networks/create"],
        ["service", { taskSpec }, "/services/create"],
        ["remoteImage", { name: "r.example.com/absent" }, "/images/create"],
        ["image", { imageName: "r.example.com/app:1", build }, "/images/r.example.com/app/push"],
    ])("to create a %s has no secrets in its URL, which proxies log", async (type, inputs, create) => {
        const made = types[type](daemon);
        const result = await made.create({ name: "x", ...inputs }, context).catch((error: unknown) => error);
        const sent = received.filter(({ url }) => url.startsWith(create));
        expect({ result, sent }).toMatchObject({ sent: [{}] });
        expect(received.map(({ url }) => decodeURIComponent(url)).join("\n")).not.toContain(SECRET);
    });
});
