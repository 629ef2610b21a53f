import { join } from "node:path";
import { ROOT, Sandbox } from "../sandbox.ts";

/** Runs a script of a Service with a fake docker command. */
function runScript(docker: string, file: string, argument: string, env: Record<string, string>) {
    const sandbox = new Sandbox();
    try {
        for (const name of env.FILES?.split(" ") ?? []) sandbox.write(`drydock-data/${name}`, "content");
        sandbox.write("drydock-data/lost+found/.keep", "");
        sandbox.program("docker", docker);
        const script = join(ROOT, "components/service", file);
        const result = sandbox.run(`rm drydock-data/lost+found/.keep; sh ${script} ${argument}`, {
            DOCKER_COMMAND: "docker",
            ...env,
        });
        return { ...result, calls: sandbox.calls() };
    } finally {
        sandbox.dispose();
    }
}

describe("password-guard.sh", () => {
    /** A volume exists if it has files or is empty. */
    const DOCKER = `case "$1 $2" in
        "volume inspect") [ "$VOLUME" != missing ] ;;
        create*"") case "$*" in *missing-directory*) echo "bind source path does not exist" >&2; exit 1 ;; esac
            echo "WARNING: no swap" >&2; echo id ;;
        "cp id:/drydock-data") tar -cf - drydock-data ;;
        "node ls") case "$*" in *drydock.data.labelled) echo node ;; esac ;;
        "container inspect") [ -n "$STATE" ] && echo "$STATE" ;;
        ps*) [ "$STATE" = running ] && echo running ;;
        *) exit 0 ;;
    esac`;
    const guard = (env: Record<string, string>) =>
        runScript(DOCKER, "password-guard.sh", "", {
            ...{
                ENGINE: "docker",
                IMAGE: "sha256:x",
                CONTAINER: "shop-db",
                CHANGES: "",
                VOLUMES: "",
                DIRECTORIES: "",
            },
            ...env,
        });

    test.each<[string, Record<string, string>]>([
        ["a volume that does not exist yet", { VOLUMES: "data", VOLUME: "missing", FILES: "ibdata1" }],
        ["an empty volume", { VOLUMES: "data" }],
        ["a directory that does not exist yet", { DIRECTORIES: "/missing-directory", FILES: "ibdata1" }],
        ["a directory in a git repository", { DIRECTORIES: "/srv", FILES: ".gitkeep" }],
        [
            "data of a running container with a command that changes the password",
            { VOLUMES: "data", FILES: "a", CHANGES: "yes", STATE: "running" },
        ],
        ["a volume that no node of a Swarm has", { ENGINE: "swarm", VOLUMES: "data", FILES: "a" }],
    ])("accepts %s", (_, env) => {
        expect(guard(env)).toMatchObject({ code: 0, output: "" });
    });

    test.each<[string, Record<string, string>, string]>([
        [
            "a volume of another stack",
            { VOLUMES: "new\ndata", FILES: "ibdata1" },
            "The volume new already has data",
        ],
        [
            "a directory with data",
            { DIRECTORIES: "/srv", FILES: "ibdata1" },
            "The directory /srv already has data",
        ],
        [
            "data on a node of a Swarm",
            { ENGINE: "swarm", VOLUMES: "labelled" },
            "The volume labelled already has data",
        ],
        [
            "a service without a command that changes the password",
            { VOLUMES: "data", FILES: "ibdata1", STATE: "running" },
            "The volume data has data that was created with the current password",
        ],
        [
            "a stopped container, in which the command cannot run",
            { VOLUMES: "data", FILES: "ibdata1", STATE: "exited", CHANGES: "yes" },
            "which is exited. Start it: docker start shop-db",
        ],
    ])("refuses %s", (_, env, message) => {
        const { code, output } = guard(env);
        expect(output).toContain(message);
        expect(code).toBe(1);
    });

    test("mounts the data read-only, starts nothing, and leaves nothing behind", () => {
        const { calls } = guard({ VOLUMES: "data", FILES: "ibdata1" });
        expect(calls.slice(1, 4)).toEqual([
            "docker create --network none --mount type=volume,source=data,target=/drydock-data,readonly sha256:x unused",
            "docker cp id:/drydock-data -",
            "docker rm --volumes id",
        ]);
    });

    test("passes on an error of Docker", () => {
        const docker = 'case $1 in create) echo "no such image" >&2; exit 1 ;; esac';
        const env = {
            ENGINE: "docker",
            IMAGE: "x",
            CONTAINER: "c",
            CHANGES: "",
            VOLUMES: "data",
            DIRECTORIES: "",
        };
        const { code, output } = runScript(docker, "password-guard.sh", "", env);
        expect({ code, output }).toEqual({ code: 1, output: "no such image\n" });
    });
});

describe("password-change.sh", () => {
    const DOCKER = 'case $1 in ps) echo "$ID" ;; exec) echo "$NEW_PASSWORD to $*" ;; esac';
    const change = (argument: string, env: Record<string, string> = {}) =>
        runScript(DOCKER, "password-change.sh", argument, {
            ...{
                ENGINE: "docker",
                CONTAINER: "shop-db",
                ID: "id",
                HASH: "new",
                PULUMI_COMMAND_STDOUT: "old",
            },
            ...{ CHANGE: "sh -c 'echo \"$NEW_PASSWORD\" | passwd app'", NEW_PASSWORD: "gin" },
            ...env,
        });

    test("runs the command in the container, with the password only in its environment", () => {
        const { code, output, calls } = change("update");
        expect(code).toBe(0);
        expect(output).toMatch(/^new/);
        expect(calls.at(-1)).toBe(
            'docker exec --env NEW_PASSWORD id sh -c echo "$NEW_PASSWORD" | passwd app',
        );
        expect(calls.join()).not.toContain("gin");
    });

    test("finds the container of a Swarm service on this node", () => {
        expect(change("update", { ENGINE: "swarm" }).calls[0]).toContain(
            "label=com.docker.swarm.service.name=shop-db",
        );
    });

    test.each<[string, string, Record<string, string>]>([
        ["a password of a new service", "create", {}],
        ["a password that stays the same", "update", { PULUMI_COMMAND_STDOUT: "new" }],
        ["a password without a command that changes it", "update", { CHANGE: "" }],
    ])("only records %s", (_, argument, env) => {
        expect(
            runScript("", "password-change.sh", argument, {
                HASH: "new",
                CHANGE: "x",
                CONTAINER: "c",
                ENGINE: "docker",
                ...env,
                NEW_PASSWORD: "gin",
            }),
        ).toMatchObject({
            code: 0,
            output: "new",
        });
    });

    test("fails while the container does not run", () => {
        const { code, output } = change("update", { ID: "" });
        expect(output).toContain(
            "password.change runs in the container of shop-db, which does not run on this Docker Engine",
        );
        expect(code).toBe(1);
    });
});

describe("shell-check.sh", () => {
    const check = (status: number) =>
        runScript(`case $1 in create) echo id ;; cp) exit ${status} ;; esac`, "shell-check.sh", "", {
            IMAGE: "x:1",
        });

    test("accepts an image with a shell", () => {
        expect(check(0)).toEqual({
            code: 0,
            output: "",
            calls: [
                "docker create --network none x:1 unused",
                "docker cp id:/bin/sh -",
                "docker rm --volumes id",
            ],
        });
    });

    test("refuses an image without a shell, with a remedy", () => {
        const { code, output } = check(1);
        expect(output).toContain(
            "The image has no shell (/bin/sh), which the health check needs. Set health.disabled to true",
        );
        expect(code).toBe(1);
    });
});
