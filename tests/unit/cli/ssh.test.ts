import { sshArguments } from "../../../cli/ssh.ts";

test.each([
    ["ssh://one", [], ["--", "one"]],
    ["ssh://me@one:2222", ["-p", "2222", "-l", "me"], ["--", "one"]],
    ["ssh://me@[::1]", ["-l", "me"], ["--", "::1"]],
])("ssh for %s shares a connection", (address, login, host) => {
    const args = sshArguments(address);
    expect(args.slice(0, 8)).toEqual([
        ...["-o", "ControlMaster=auto", "-o", expect.stringMatching(/^ControlPath=\/tmp\/.*\/%C$/) as string],
        ...["-o", "ControlPersist=60", "-o", "ConnectTimeout=15"],
    ]);
    expect(args.slice(8)).toEqual([...login, ...host]);
});
