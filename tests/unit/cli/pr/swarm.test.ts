import type { Operation } from "../../../../cli/pr/events.ts";
import { component, type Inputs, SECRET, SERVICE, summary } from "./steps.ts";

const service = ({
    order = "start-first",
    replicas = 1,
    image = "a",
    mounts = [] as Inputs[],
    ports = [] as Inputs[],
}) => ({
    name: "prod-web",
    labels: [{ label: "drydock.component", value: "web" }],
    mode: { replicated: { replicas } },
    updateConfig: { order },
    endpointSpec: { ports },
    taskSpec: {
        containerSpec: { image, mounts },
        resources: { limits: { memoryBytes: 512 * 1024 * 1024 } },
    },
});

describe("a change of a Swarm service", () => {
    test.each<[string, Inputs, Inputs, string | RegExp]>([
        [
            "a rolling update: another image, start-first",
            service({}),
            service({ image: "b" }),
            "rolling update: stays available",
        ],
        [
            "a restart: another image, stop-first",
            service({ order: "stop-first" }),
            service({ order: "stop-first", image: "b" }),
            "**restarts**: unavailable for a few seconds",
        ],
        [
            "a change in place: more replicas",
            service({}),
            service({ replicas: 3 }),
            /replicas `1` → `3`.*changed in place: keeps running/,
        ],
        [
            "a rolling update: more replicas of another image",
            service({}),
            service({ replicas: 3, image: "b" }),
            "rolling update: stays available",
        ],
        [
            "a rolling update: a port",
            service({}),
            service({ ports: [{ targetPort: 3000, publishedPort: 80 }] }),
            /published on nothing → `0\.0\.0\.0:80`.*rolling update: stays available/,
        ],
    ])("has the effect of %s", (_, from, to, expected) => {
        const { markdown } = summary(component("WebApp", [SERVICE, "web", "update", from, to]));
        expect(markdown).toMatch(expected);
    });

    test("shows the names of variables in its secret, and no values", () => {
        const data = (text: string) => ({ data: Buffer.from(text).toString("base64") });
        const [from, to] = [
            data("export A=1\nexport B=rum\nexport D=d\n"),
            data("export A=1\nexport B=gin\nexport D=d\nexport C=tea\n"),
        ];
        const { markdown } = summary(component("WebApp", [SECRET, "web-environment", "replace", from, to]));
        expect(markdown).toContain("new variable `C`<br>changed variable `B`");
        expect(markdown).not.toMatch(/rum|gin|tea/);
    });

    test("shows the names of variables that a shell cannot set", () => {
        const data = (...lines: string[]) => ({
            data: Buffer.from(`export A=1\n${lines.join("\n")}\n`).toString("base64"),
        });
        const [from, to] = [
            data('set -- discovery.type=rum "$@"', 'set -- env "$@"'),
            data("set -- 'discovery.type=it'\\''s gin' \"$@\"", 'set -- a-b=tea "$@"', 'set -- env "$@"'),
        ];
        const { markdown } = summary(component("WebApp", [SECRET, "web-environment", "replace", from, to]));
        expect(markdown).toContain("new variable `a-b`");
        expect(markdown).toContain("changed variable `discovery.type`");
        expect(markdown).not.toMatch(/rum|gin|tea/);
    });

    /** The steps of a WebApp with a file of the user. */
    const fileSteps = (operation: Operation) => {
        const state = (data: string) => ({
            data,
            labels: [
                { label: "drydock.stack", value: "dev" },
                { label: "drydock.file", value: "/etc/nginx/default.conf" },
            ],
        });
        return component("WebApp", [SECRET, "web-file-etc", operation, state("YQ=="), state("Yg==")]);
    };

    test.each<[Operation, string]>([
        ["create", "is added"],
        ["replace", "changes"],
        ["delete", "is removed"],
    ])("shows the path of a file of the user: %s", (operation, change) => {
        const { markdown } = summary(fileSteps(operation));
        expect(markdown).toContain(`file \`/etc/nginx/default.conf\` ${change}`);
    });

    test.each<Operation>(["create", "delete"])(
        "does not list the files of a component if the operation of the component is %s",
        (operation) => {
            const steps = fileSteps(operation).map((step) => ({ ...step, operation }));
            expect(summary(steps).markdown).not.toContain("default.conf");
        },
    );

    test("shows a changed file", () => {
        const { markdown } = summary(
            component("PostgresService", [
                SECRET,
                "db-postgres-password",
                "replace",
                { data: "YQ==" },
                { data: "Yg==" },
            ]),
        );
        expect(markdown).toContain("file `db-postgres-password` changes");
    });
});
