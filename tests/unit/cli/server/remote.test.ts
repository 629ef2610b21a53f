import { connectionError } from "../../../../cli/server/remote.ts";

test.each([
    ["Host key verification failed.", "ssh does not know the host key of a@b:22", "Run `ssh -p 22 a@b` once"],
    [
        "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
        "The host key of a@b:22 is not the one that ssh knows",
        "ssh-keygen -R",
    ],
    ["a@b: Permission denied (publickey).", "a@b:22 does not accept your ssh key", "ssh-copy-id -p 22 a@b"],
    [
        "ssh: Could not resolve hostname b: Name or service not known",
        "The host name of a@b:22 is unknown",
        "DNS",
    ],
    ["ssh: connect to host b port 22: Connection timed out", "a@b:22 does not answer", "firewall"],
    [
        "kex_exchange_identification: read",
        "ssh to a@b:22 failed: kex_exchange_identification: read",
        "ssh -p 22 a@b",
    ],
])("connectionError explains the error of ssh: %j", (stderr, message, remedy) => {
    const error = connectionError("a@b:22", stderr);
    expect(error.message).toBe(message);
    expect(error.remedy).toContain(remedy);
});
