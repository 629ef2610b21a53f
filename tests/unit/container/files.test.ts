import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    type FileArgs,
    PostgresService,
    RailsWebApp,
    RedisService,
    Service,
    Task,
    type TaskArgs,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import {
    COMMAND,
    CONTAINER,
    refusal,
    run,
    SECRET,
    SERVICE_CONFIG,
    TASK_CONTAINER,
    UNKNOWN,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn, withoutOutputs } from "../engines/index.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-files-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});

function source(name: string, content: string | Buffer): string {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
}

const nginx = source("nginx.conf", "listen 80;\n");
const binary = Buffer.from([0, 1, 0xff, 0xfe]);
const FILES: Record<string, FileArgs> = {
    "/etc/nginx/conf.d/default.conf": { source: nginx },
    "/etc/b/default.conf": { content: "b", mode: "0600", owner: 101, group: 102 },
    "/etc/key": { content: pulumi.secret("hunter2"), mode: "0400" },
};
const DECLARED = {
    "/etc/nginx/conf.d/default.conf": { content: "listen 80;\n" },
    "/etc/b/default.conf": { content: "b" },
    "/etc/key": { content: "hunter2", secret: true },
};
const PERMISSIONS = {
    "/etc/nginx/conf.d/default.conf": { mode: "0644", owner: 0, group: 0 },
    "/etc/b/default.conf": { mode: "0600", owner: 101, group: 102 },
    "/etc/key": { mode: "0400", owner: 0, group: 0 },
};

describe.each(ENGINES)("on %s", (engine) => {
    test.each<[string, (files: Record<string, FileArgs>) => unknown, string]>([
        ["a WebApp", (files) => new WebApp("it", { engine, image: "x:1", files }), "it"],
        ["a process", (files) => app({ processes: { worker: { command: ["w"], files } } }), "it-worker"],
        [
            "a process, of its application",
            (files) => app({ files, processes: { w: { command: ["w"] } } }),
            "it-w",
        ],
        ["a PostgresService", (files) => new PostgresService("it", { engine, files }), "it"],
        ["a RedisService", (files) => new RedisService("it", { engine, files }), "it"],
        [
            "a Service",
            (files) =>
                new Service("it", { engine, image: "x:1", files, password: { file: "/run/password" } }),
            "it",
        ],
        ["a RailsWebApp", (files) => new RailsWebApp("it", { engine, image: "x:1", files }), "it"],
    ])("%s has files, with mode and owner", async (_, program, name) => {
        const result = await runOn(
            engine,
            withoutOutputs(() => program(FILES)),
        );
        expect(result.container(name).files).toMatchObject(DECLARED);
        expect(result.container(name).permissions).toMatchObject(PERMISSIONS);
        expect(nonSecretText(result)).not.toContain("hunter2");
    });

    const app = (args: Partial<WebAppArgs>) => new WebApp("it", { engine, image: "x:1", ...args });

    test("a process overrides a file of its application", async () => {
        const processes = { w: { command: ["w"], files: { "/etc/key": { content: "own" } } } };
        const { container } = await runOn(
            engine,
            withoutOutputs(() => app({ files: FILES, processes })),
        );
        expect(container("it-w").files).toMatchObject({ ...DECLARED, "/etc/key": { content: "own" } });
        expect(container("it").files).toMatchObject(DECLARED);
    });

    test("binary content keeps its bytes", async () => {
        const files = { "/f": { source: source("binary", binary) } };
        const { one, names } = await runOn(
            engine,
            withoutOutputs(() => app({ files })),
        );
        const data =
            engine === Engine.Docker
                ? (one(CONTAINER).inputs.uploads as { contentBase64: string }[])[0]?.contentBase64
                : one(
                      SERVICE_CONFIG,
                      names(SERVICE_CONFIG).find((name) => name.startsWith("it-file-f-")),
                  ).inputs.data;
        expect(Buffer.from(String(data), "base64")).toEqual(binary);
    });
});

describe("on Docker", () => {
    const container = async (files: Record<string, FileArgs>, name = "it") =>
        (await run(withoutOutputs(() => new WebApp(name, { image: "x:1", files })))).one(CONTAINER);
    const labels = async (files: Record<string, FileArgs>, name?: string) => {
        const { inputs, secrets } = await container(files, name);
        expect(secrets).not.toContain("labels");
        return (inputs.labels as { label: string; value: string }[]).filter(({ label }) =>
            label.startsWith("drydock.file."),
        );
    };

    test("a container has the hash of each file in a label that is not secret", async () => {
        const all = await labels(FILES);
        expect(all.map(({ label }) => label)).toEqual(
            Object.keys(DECLARED)
                .sort()
                .map((path) => `drydock.file.${path}`),
        );
        for (const { value } of all) expect(value).toMatch(/^[0-9a-f]{12}$/);
    });

    test.each<[string, FileArgs, FileArgs]>([
        ["content", { content: "a" }, { content: "b" }],
        ["secret content", { content: pulumi.secret("a") }, { content: pulumi.secret("b") }],
        ["source", { source: nginx }, { source: source("other", "x") }],
        ["mode", { content: "a" }, { content: "a", mode: "0600" }],
        ["owner", { content: "a" }, { content: "a", owner: 1 }],
        ["group", { content: "a" }, { content: "a", group: 1 }],
    ])("the hash depends on the %s", async (_, one, other) => {
        expect(await labels({ "/f": one })).toEqual(await labels({ "/f": one }));
        expect(await labels({ "/f": one })).not.toEqual(await labels({ "/f": other }));
    });

    test("the hash of a secret differs between containers, so that equal secrets cannot be found", async () => {
        const files = { "/f": { content: pulumi.secret("a") } };
        expect(await labels(files, "one")).not.toEqual(await labels(files, "two"));
    });

    test("a container without files has neither a label nor an empty list of uploads", async () => {
        const { inputs } = await container({});
        expect(inputs.uploads).toBeUndefined();
        expect(await labels({})).toEqual([]);
    });

    test.each<[string, FileArgs]>([
        ["a string", { content: "" }],
        ["a source", { source: source("empty", "") }],
        ["an Output", { content: pulumi.output("") }],
    ])("an empty file is uploaded as base64 that Go reads as nothing: %s", async (_, file) => {
        const { inputs } = await container({ "/f": file });
        expect(inputs.uploads).toMatchObject([{ file: "/f", contentBase64: "\n" }]);
        expect(inputs.uploads).not.toMatchObject([{ content: expect.anything() as unknown }]);
    });

    test("owner and group are set only if they are not root, for providers before 5.2", async () => {
        const { inputs } = await container({
            "/a": { content: "a" },
            "/b": { content: "b", owner: 7, group: 8 },
        });
        expect(inputs.uploads).toEqual([
            { file: "/a", content: "a", permissions: "0644" },
            { file: "/b", content: "b", permissions: "0644", owner: "7", group: "8" },
        ]);
    });

    test("a changed file replaces a database, which ignores changes of its uploads otherwise", async () => {
        const trigger = async (files: Record<string, FileArgs>) =>
            (await run(withoutOutputs(() => new PostgresService("db", { files })))).one(CONTAINER).options
                .replacementTrigger;
        expect(await trigger({ "/f": { content: "a" } })).not.toEqual(
            await trigger({ "/f": { content: "b" } }),
        );
    });

    test("the label is unknown while the content is", async () => {
        const program = () => {
            const cache = new RedisService("cache");
            new WebApp("it", { image: "x:1", files: { "/f": { content: cache.connection.host } } });
        };
        const { one } = await run(withoutOutputs(program), { preview: "first" });
        expect(JSON.stringify(one(CONTAINER, "it").inputs.labels)).toContain(UNKNOWN);
    });

    test.each<[string, Partial<WebAppArgs>]>([
        [
            "files./etc/f: Docker copies no file into a container whose file system is read-only",
            { readOnly: true },
        ],
        ["files./etc/f: is hidden by tmpfs./etc", { tmpfs: { "/etc": "" } }],
        [
            "files./etc/f: is hidden by tmpfs./etc",
            { tmpfs: { "/etc/": "" }, mounts: [{ path: "/", hostPath: "/x" }] },
        ],
        [
            "files./etc/f: is below the mount at /etc, which is read-only",
            { mounts: [{ path: "/etc", hostPath: "/x", readOnly: true }] },
        ],
        [
            "processes.w.files./g/f: Docker copies no file",
            {
                files: {},
                readOnly: true,
                processes: { w: { command: ["w"], files: { "/g/f": { content: "x" } } } },
            },
        ],
    ])("refuses a file that would be missing in the container: %s", async (message, args) => {
        const files = { "/etc/f": { content: "x" } };
        const refused = await refusal(() => new WebApp("web", { image: "x:1", files, ...args }));
        expect(refused).toContain(message);
        if (args.processes) return;
        expect(
            await refusal(
                () => new Task("t", { ...(args as TaskArgs), image: "x:1", command: ["x"], files }),
            ),
        ).toContain(message);
    });

    test.each<Partial<WebAppArgs>>([
        { tmpfs: { "/etcetera": "", "/run": "" } },
        { tmpfs: { "/": "" }, mounts: [{ path: "/etc", volume: "etc" }] },
        { mounts: [{ path: "/etc/x", hostPath: "/x", readOnly: true }] },
    ])("accepts a file that is there: %j", async (args) => {
        const files = { "/etc/f": { content: "x" } };
        expect(await refusal(() => new WebApp("web", { image: "x:1", files, ...args }))).toBe(
            "nothing was refused",
        );
    });
});

describe("on a Swarm", () => {
    const engine = Engine.Swarm;

    test("each file is a secret or a config, labelled with its path", async () => {
        const { declared } = await runOn(
            engine,
            withoutOutputs(() => new WebApp("it", { engine, image: "x:1", files: FILES })),
        );
        const paths = declared.flatMap(({ type, inputs }) =>
            type === SECRET || type === SERVICE_CONFIG
                ? (inputs.labels as { label: string; value: string }[])
                      .filter(({ label }) => label === "drydock.file")
                      .map(({ value }) => [value, type])
                : [],
        );
        expect(paths.sort()).toEqual([
            ["/etc/b/default.conf", SERVICE_CONFIG],
            ["/etc/key", SECRET],
            ["/etc/nginx/conf.d/default.conf", SERVICE_CONFIG],
        ]);
    });

    test.each<[string, FileArgs]>([
        ["files./f: is empty, which a Swarm does not allow", { content: "" }],
        ["files./f: is empty, which a Swarm does not allow", { source: source("nothing", "") }],
        [
            "files./f: has 1001 KiB, but on a Swarm a file can hold at most 1000",
            { content: "x".repeat(1025_000 - 900) },
        ],
    ])("refuses %s", async (message, file) => {
        const app = () => new WebApp("web", { engine, image: "x:1", files: { "/f": file } });
        expect(await refusal(app)).toContain(message);
    });

    test("accepts a file with a read-only file system", async () => {
        const app = () =>
            new WebApp("web", {
                engine,
                image: "x:1",
                readOnly: true,
                files: { "/etc/f": { content: "x" } },
            });
        expect(await refusal(app)).toBe("nothing was refused");
    });
});

describe("a Task", () => {
    const task = async (files?: Record<string, FileArgs>) => {
        const { one } = await run(
            withoutOutputs(() => new Task("seed", { image: "x:1", command: ["seed"], files })),
        );
        return { command: one(COMMAND, "seed-run"), container: one(TASK_CONTAINER) };
    };

    test("has files, and its container does not show their content", async () => {
        const { command, container } = await task(FILES);
        expect(container.inputs.uploads).toMatchObject([
            { file: "/etc/b/default.conf", permissions: "0600", owner: "101", group: "102" },
            { file: "/etc/key", permissions: "0400" },
            { file: "/etc/nginx/conf.d/default.conf", permissions: "0644" },
        ]);
        expect(command.secrets).toContain("environment");
        const shown = JSON.stringify([container.inputs, { ...command.inputs, environment: undefined }]);
        for (const content of ["hunter2", "listen 80"]) expect(shown).not.toContain(content);
        expect(shown).not.toContain(Buffer.from("hunter2").toString("base64"));
    });

    test("runs again when a file changes, and stays the same without files", async () => {
        const [none, a, b] = [
            await task(),
            await task({ "/f": { content: "a" } }),
            await task({ "/f": { content: "b" } }),
        ];
        expect(a.command.inputs.environment).not.toEqual(b.command.inputs.environment);
        expect(none.command.inputs.environment).toEqual({});
        expect(none.command.inputs.stdin).toEqual(a.command.inputs.stdin);
        expect(none.container.inputs).not.toHaveProperty("uploads");
    });

    test("gets the same encoding of files in every version, as another would run it again", async () => {
        const { environment } = (await task(FILES)).command.inputs as { environment: Record<string, string> };
        const digest = createHash("sha256")
            .update(environment.DRYDOCK_FILES_0 ?? "")
            .digest("hex");
        expect(digest).toBe("26b1dbe734961d992aa646bdcc41829dc11ef1977a8313d680d20600bb2b74e6");
    });

    test("refuses a variable of several lines that only a file can pass", async () => {
        const env = { "a.b": "1\n2", A: "1\n2" };
        expect(await refusal(() => new Task("t", { image: "x:1", command: ["x"], env }))).toBe(
            "env.a.b: has several lines, which a task takes only under a name of letters, digits and _; rename it, or put the value into a file with files",
        );
    });

    test("refuses files that exceed what Linux passes to a program", async () => {
        const files = { "/f": { content: "x".repeat(800_000) } };
        expect(await refusal(() => new Task("t", { image: "x:1", command: ["x"], files }))).toContain(
            "files: they take 1066667 bytes in base64",
        );
    });

    test("a migration has the files of its application", async () => {
        const database = { scheme: "postgres", host: "db", port: 5432 };
        const { one } = await run(
            withoutOutputs(() => new RailsWebApp("it", { image: "x:1", database, files: FILES })),
        );
        expect(one(TASK_CONTAINER).inputs.uploads).toHaveLength(3);
    });
});

mkdirSync(join(directory, "sub"));
test.each<[string, Record<string, unknown>]>([
    [
        'files: must be an object and not an Output, for example { "/etc/app.conf": { source: "app.conf" } }',
        { files: ["/x"] },
    ],
    ['files.etc/f: "etc/f" is not the absolute path of a file', { files: { "etc/f": { content: "x" } } }],
    ['files./etc/../f: "/etc/../f" is not the absolute path', { files: { "/etc/../f": { content: "x" } } }],
    ['files./etc/: "/etc/" is not', { files: { "/etc/": { content: "x" } } }],
    ['files./: "/" is not', { files: { "/": { content: "x" } } }],
    ["files./f: must have exactly one of source and content", { files: { "/f": {} } }],
    [
        "files./f: must have exactly one of source and content",
        { files: { "/f": { source: nginx, content: "x" } } },
    ],
    ["files./f: must be an object", { files: { "/f": "x" } }],
    [
        'files./f.mode: "420" is not a file mode; write it in octal and in quotes, for example "0644"',
        { files: { "/f": { content: "x", mode: 420 } } },
    ],
    [
        'files./f.owner: "postgres" is not allowed; use an integer',
        { files: { "/f": { content: "x", owner: "postgres" } } },
    ],
    ["files./f.group: -1 is not allowed", { files: { "/f": { content: "x", group: -1 } } }],
    [
        'files./f.source: "missing" is not a file on this machine; use a path relative to the project directory',
        { files: { "/f": { source: "missing" } } },
    ],
    [
        `files./f.source: "${directory}/sub" is a directory; name each file, mount the directory with mounts and hostPath, or copy it into the image with build`,
        { files: { "/f": { source: `${directory}/sub` } } },
    ],
    [
        "files./f: a mount has the same path",
        { files: { "/f": { content: "x" } }, mounts: [{ path: "/f/", hostPath: "/x" }] },
    ],
    [
        "processes.w.files./f.mode: ",
        { processes: { w: { command: ["w"], files: { "/f": { content: "x", mode: "644" } } } } },
    ],
])("refuses %s", async (message, args) => {
    expect(
        await refusal(() => new WebApp("web", { image: "x:1", ...(args as Partial<WebAppArgs>) })),
    ).toContain(message);
});

test("a Service keeps the file with its password beside the files of the user", async () => {
    const service = () =>
        new Service("it", {
            image: "x:1",
            files: { "/f": { content: "x" } },
            password: { file: "/run/password" },
        });
    const { container } = await runOn(Engine.Docker, withoutOutputs(service));
    expect(Object.keys(container().files)).toEqual(["/run/password", "/f"]);
});

test.each<[string, () => unknown, string]>([
    [
        "its password",
        () => new Service("s", { image: "x:1", files: { "/p": { content: "x" } }, password: { file: "/p" } }),
        "files./p: password.file writes it",
    ],
    [
        "its password, with a read-only file system",
        () => new Service("s", { image: "x:1", readOnly: true, password: { file: "/p" } }),
        "files./p: Docker copies no file into a container whose file system is read-only",
    ],
    [
        "data",
        () => new PostgresService("db", { files: { "/var/lib/postgresql/data/x": { content: "x" } } }),
        "is below /var/lib/postgresql/data, which holds the data",
    ],
    [
        "the configuration",
        () => new RedisService("c", { files: { "/usr/local/etc/redis/redis.conf": { content: "x" } } }),
        "the service writes this file",
    ],
    [
        "its start script, by a tmpfs",
        () => new PostgresService("db", { tmpfs: { "/run": "" } }),
        "tmpfs./run: hides /run/drydock/start-postgres, which the service needs to start",
    ],
])("a service refuses what takes the place of %s", async (_, program, message) => {
    expect(await refusal(program)).toContain(message);
});
