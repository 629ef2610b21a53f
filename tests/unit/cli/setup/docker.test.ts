import { type Machine, nextStep } from "../../../../cli/setup/docker.ts";

/** A machine with these programs and applications. */
function machine(platform: NodeJS.Platform, installed: string[], isRoot = false): Machine {
    return {
        platform,
        isRoot,
        has: (program) => installed.includes(program),
        hasApplication: (name) => installed.includes(`${name}.app`),
    };
}

describe("the next step where no Docker Engine answers", () => {
    test.each<[string, string, Machine]>([
        ["Linux, as root, with apt-get", "install", machine("linux", ["apt-get"], true)],
        ["Linux, as root, with Docker", "start", machine("linux", ["docker", "dockerd"], true)],
    ])("on %s is to %s it", (_, kind, here) => {
        expect(nextStep(here)).toEqual({ kind });
    });

    test.each<[string, Machine, string, RegExp]>([
        [
            "Linux, not as root",
            machine("linux", ["apt-get"]),
            "Docker is not installed",
            /^Install it: `sudo apt-get install docker\.io "\?exact-name\(docker-cli\)" "\?exact-name\(docker-buildx\)" && sudo usermod -aG docker \$USER`/,
        ],
        [
            "Linux with Docker, not as root",
            machine("linux", ["docker", "dockerd", "apt-get"]),
            "Docker is installed, but does not answer",
            /sudo systemctl start docker.*group docker/,
        ],
        [
            "Linux without apt-get",
            machine("linux", [], true),
            "Docker is not installed",
            /https:\/\/docs\.docker\.com\/engine\/install/,
        ],
        [
            "macOS without Docker, where nothing is installed with apt-get",
            machine("darwin", ["apt-get"], true),
            "Docker is not installed",
            /Docker Desktop .*OrbStack .*colima/,
        ],
        [
            "macOS with OrbStack and colima",
            machine("darwin", ["OrbStack.app", "colima", "docker"]),
            "No Docker Engine answers",
            /^Start OrbStack \(`open -a OrbStack`\) or colima \(`colima start`\), and try again\.$/,
        ],
    ])("on %s is an instruction", (_, here, message, remedy) => {
        expect(nextStep(here)).toEqual({
            kind: "instruct",
            message,
            remedy: expect.stringMatching(remedy) as string,
        });
    });
});
