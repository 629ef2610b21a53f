import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Programs } from "./programs.ts";
import { isSoak, soakTest } from "./soak-test.ts";

/** Stands in for a Rails application on SQLite: it writes to its storage as the user of its image. */
const RAILS = `#!/bin/sh
set -e
case $1 in
db:prepare) echo "prepared by $(id -u)" >>storage/production.sqlite3 ;;
server) echo served >>storage/production.sqlite3; exec sleep infinity ;;
esac
`;

/** @param directory whether the image has the directory of its storage */
function dockerfile(directory: boolean, user = "1000:1000"): string {
    return `FROM debian:trixie-slim
WORKDIR /rails
COPY rails bin/rails
RUN chmod +x bin/rails && groupadd --gid 1000 rails && useradd --uid 1000 --gid 1000 rails
${directory ? "RUN mkdir storage && echo seed >storage/seed && chown -R rails:rails storage" : ""}
USER ${user}
CMD ["bin/rails", "server"]
`;
}

describe("a Rails application on SQLite", () => {
    const programs = new Programs();
    const stack = "sqlite";
    const host = mkdtempSync(join(tmpdir(), "drydock-storage-"));
    const context = join(programs.clone.dir, "apps/sqlite");
    afterAll(async () => {
        const mount = `type=bind,source=${host},target=/host`;
        execFileSync("docker", [
            "run",
            "--rm",
            "--mount",
            mount,
            "debian:trixie-slim",
            "rm",
            "-rf",
            "/host/new",
        ]);
        await programs.dispose();
    });

    const image = (text: string) => {
        mkdirSync(context, { recursive: true });
        writeFileSync(join(context, "rails"), RAILS);
        writeFileSync(join(context, "Dockerfile"), text);
    };
    const program = (storage: string, more = "") => `
        new drydock.RailsWebApp("shop", {
            build: { context: "apps/sqlite" },
            storage: ${storage},
            health: { command: ["true"] },
            stopTimeout: 1,
            processes: { jobs: { command: ["sleep", "infinity"] } },
            ${more}
        });
        return {};`;
    const exec = (command: string, process = "shop") =>
        programs.shell(`docker exec drydock-${stack}-${process} sh -c '${command}' 2>&1 || true`);
    const DATA = "cat storage/production.sqlite3";

    test("writes as the user of its image, and its rows survive updates", async () => {
        image(dockerfile(false));
        expect(await programs.up(stack, program("{}"))).toSucceed();
        expect(exec(DATA)).toBe("prepared by 1000\nserved");
        expect(exec("echo job >>storage/production.sqlite3; id -u", "shop-jobs")).toBe("1000");
        expect((await programs.up(stack, program("{}"))).output).toMatch(/unchanged/);
        expect(exec(DATA)).toBe("prepared by 1000\nserved\njob");

        // Another user, and an image that has the directory: its files stay out of a volume that is not empty.
        image(dockerfile(true, "rails"));
        await programs.up(stack, program("{}", 'env: { A: "1" },'));
        expect(exec(DATA)).toBe("prepared by 1000\nserved\njob\nprepared by 1000\nserved");
        await programs.up(stack, program("{}", 'user: "2000:2000",'));
        expect(exec(`${DATA} | tail -n 2; stat -c %u:%g storage/production.sqlite3`)).toBe(
            "prepared by 2000\nserved\n2000:2000",
        );
    });

    soakTest("is migrated again on another volume, or in a directory", async () => {
        await programs.up(stack, program(`{ volume: "drydock.${stack}.named" }`));
        expect(exec(`${DATA}; cat storage/seed`)).toBe("prepared by 1000\nserved\nseed");

        await programs.up(stack, program(`{ hostPath: "${host}/new" }`));
        expect(exec(DATA)).toBe("prepared by 1000\nserved");

        const other = await programs.up(stack, program(`{ hostPath: "${host}" }`));
        expect(other.output).toContain(
            `The application runs as the user 1000, which cannot write to the directory ${host} of the host`,
        );
        expect(other.output).toContain(`chown -R 1000:1000 ${host}`);
        expect(other).toFail();
        expect(exec(DATA)).toBe("prepared by 1000\nserved");
    });

    test("is deleted with the application, unless it is protected", async () => {
        await programs.up(stack, program("{ protectData: true }"));
        expect((await programs.up(stack, "return {};")).output).toContain("protected");
        await programs.up(stack, program("{}"));
        const { output } = await programs.up(stack, "return {};");
        expect(output).toContain(`Removed the volume drydock.${stack}.shop.storage with its data`);
        if (isSoak) expect(output).toContain(`Removed the volume drydock.${stack}.named with its data`);
    });
});
