import { readFileSync } from "node:fs";
import { join } from "node:path";
import { taskFingerprint } from "../../../components/web/task-fingerprint.ts";
import type { TaskRun } from "../../../components/web/task-container.ts";
import { run } from "../../../testing/index.ts";

/** State of version 0.1.0, in which the tasks `seed` and `rails-migration` have run. */
const STATE = join(import.meta.dirname, "../../e2e/upgrade/0.1.0.json");

interface State {
    deployment: { resources: { urn: string; inputs?: { stdin?: string } }[] };
}

const recorded = (command: string) =>
    (JSON.parse(readFileSync(STATE, "utf8")) as State).deployment.resources.find(({ urn }) =>
        urn.endsWith(`::${command}`),
    )?.inputs?.stdin;

const IMAGE = "sha256:7c54b7c966e9042dff966acb0708fd54c4d304834164970410a34dfdcf741b13";
const CAPABILITIES = "CHOWN DAC_OVERRIDE FOWNER KILL NET_BIND_SERVICE SETGID SETPCAP SETUID";

function taskRun(name: string, variables: string[], changes: Partial<TaskRun["container"]> = {}): TaskRun {
    const labels = { project: "drydock", stack: "upgrade", component: name, task: name };
    return {
        container: {
            name: `drydock.upgrade.${name}.task`,
            image: IMAGE,
            command: ["true"],
            labels: Object.entries(labels).map(([label, value]) => ({ label: `drydock.${label}`, value })),
            capabilities: { adds: CAPABILITIES.split(" "), drops: ["ALL"] },
            securityOpts: ["no-new-privileges"],
            volumes: [],
            networksAdvanced: [{ name: "drydock-upgrade-db" }, { name: "drydock-upgrade-cache" }],
            hosts: [],
            ...changes,
        },
        variables: { names: variables, redisUrls: ["REDIS_URL"] },
    };
}

/** In the project `drydock` and its stack `upgrade`. */
async function fingerprint(name: string, task: TaskRun, docker: string[] = []): Promise<string> {
    let value = "";
    await run(
        () => {
            value = taskFingerprint(name, task, docker);
            return {};
        },
        { project: "drydock", stack: "upgrade" },
    );
    return value;
}

describe("the fingerprint of a task", () => {
    test("is what state of version 0.1.0 holds, so that an upgrade does not run the task again", async () => {
        expect(await fingerprint("seed", taskRun("seed", ["DATABASE_URL", "REDIS_URL"]))).toBe(
            recorded("seed-run"),
        );
        const variables = [
            "DATABASE_URL",
            "RAILS_ENV",
            "RAILS_LOG_TO_STDOUT",
            "REDIS_URL",
            "SECRET_KEY_BASE",
        ];
        const volumes = [{ containerPath: "/storage", volumeName: "drydock.upgrade.rails.storage" }];
        expect(await fingerprint("rails-migration", taskRun("rails-migration", variables, { volumes }))).toBe(
            recorded("rails-migration-run"),
        );
    });

    test("holds the options of the docker command, words in quotes, and all options of the container", async () => {
        const task = taskRun("seed", [], {
            command: ["sh", "-c", "it's"],
            user: "1000:1000",
            volumes: [{ containerPath: "/src", hostPath: "/home/me", readOnly: true }],
            networksAdvanced: [],
            hosts: [{ host: "host.docker.internal", ip: "host-gateway" }],
        });
        const lines = (await fingerprint("seed", task, ["--host", "ssh://me@big"])).split("\n");
        expect(lines.slice(-3)).toEqual([
            '"$docker" --host ssh://me@big create --name drydock-upgrade-seed-task' +
                " --label drydock.project=drydock --label drydock.stack=upgrade --label drydock.component=seed" +
                " --user 1000:1000 --security-opt no-new-privileges --cap-drop ALL" +
                CAPABILITIES.split(" ")
                    .map((capability) => ` --cap-add ${capability}`)
                    .join("") +
                " --mount 'type=bind,source=/home/me,target=/src,readonly'" +
                ` --add-host host.docker.internal:host-gateway ${IMAGE} sh -c 'it'\\''s' >/dev/null`,
            '"$docker" --host ssh://me@big start --attach drydock-upgrade-seed-task',
            "",
        ]);
    });
});
