import { resource } from "../../plugin/provider.ts";
import { autoname, boolean, map, object, string, type TypeOf } from "../../plugin/schema.ts";
import { findLogin } from "./registry-login.ts";
import type { Daemon } from "./daemon.ts";
import { pushImage } from "./image-transfer.ts";
import { deleteManifest, manifestDigest, type Registry } from "./registry-api.ts";

const properties = {
    name: autoname,
    keepRemotely: boolean({ inPlace: true, default: false }),
    insecureSkipVerify: boolean({ inPlace: true, default: false }),
    triggers: map(),
    authConfig: object(
        {
            address: string({ required: true }),
            username: string(),
            password: string({ sensitive: true }),
        },
        { inPlace: true },
    ),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/registryImage:RegistryImage`: an image pushed to its registry. */
export const registryImage = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/registryImage:RegistryImage",
        properties,
        outputs: ["sha256Digest"],

        async create(inputs, context) {
            const pushed = await pushImage(daemon, inputs.name, loginFor(daemon, inputs), context);
            const sha256Digest = pushed.split("@")[1] ?? "";
            return { id: sha256Digest, state: { ...inputs, sha256Digest } };
        },

        async read(id, state) {
            const inputs = state as Inputs;
            const sha256Digest = await manifestDigest(inputs.name, registryOf(daemon, inputs));
            return sha256Digest ? { id, state: { ...state, sha256Digest } } : undefined;
        },

        async delete(_id, state) {
            const { sha256Digest, ...inputs } = state as Inputs & { sha256Digest: string };
            if (inputs.keepRemotely) return;
            await deleteManifest(inputs.name, sha256Digest, registryOf(daemon, inputs));
        },
    });

function loginFor({ registryAuth }: Daemon, { name, authConfig }: Inputs) {
    return findLogin(name, authConfig ? [authConfig, ...registryAuth] : registryAuth);
}

function registryOf(daemon: Daemon, inputs: Inputs): Registry {
    return {
        login: loginFor(daemon, inputs),
        address: inputs.authConfig?.address,
        insecureSkipVerify: inputs.insecureSkipVerify,
    };
}
