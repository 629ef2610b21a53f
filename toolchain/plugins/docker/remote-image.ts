import { type Context, resource } from "../../plugin/provider.ts";
import { boolean, map, set, string, type TypeOf } from "../../plugin/schema.ts";
import { attempt, type Daemon, undefinedIfNotFound } from "./daemon.ts";
import { pullImage } from "./image-transfer.ts";
import { parseImageName } from "./image-name.ts";

const properties = {
    name: string({ required: true }),
    keepLocally: boolean({ inPlace: true }),
    forceRemove: boolean({ inPlace: true }),
    platform: string({ default: "" }),
    pullTriggers: set(string()),
    triggers: map(),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/remoteImage:RemoteImage`: an image that is pulled if it is missing. */
export const remoteImage = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/remoteImage:RemoteImage",
        properties,
        outputs: ["imageId", "repoDigest"],

        async create(inputs, context) {
            const image = await pullIfMissing(daemon, inputs, context);
            return { id: image.imageId + inputs.name, state: { ...inputs, ...image } };
        },

        async read(_id, state) {
            const { name } = state as Inputs;
            const image = await inspectImage(daemon, name);
            return image && { id: image.imageId + name, state: { ...state, ...image } };
        },

        async update(_id, _state, inputs, context) {
            return { ...inputs, ...(await pullIfMissing(daemon, inputs, context)) };
        },

        async delete(_id, state) {
            const { name, keepLocally, forceRemove } = state as Inputs;
            if (keepLocally) return;
            const removal = daemon.docker.getImage(name).remove({ force: forceRemove });
            await attempt(`removing image ${name}`, undefinedIfNotFound(removal));
        },
    });

async function pullIfMissing(daemon: Daemon, { name, platform }: Inputs, context: Context) {
    if (!(await inspectImage(daemon, name))) await pullImage(daemon, name, context, platform);
    const image = await inspectImage(daemon, name);
    if (!image) throw new Error(`image ${name} was pulled but does not exist`);
    return image;
}

/** The image, if the daemon has it. */
export async function inspectImage({ docker }: Daemon, name: string) {
    const image = await undefinedIfNotFound(docker.getImage(name).inspect());
    return image && { imageId: image.Id, repoDigest: repoDigestFor(name, image.RepoDigests) };
}

/** The digest of the requested name: an image has one for each registry that it was pushed to. */
function repoDigestFor(name: string, digests: string[] | null): string {
    if (!digests || digests.length === 0) return "";
    const { repository } = parseImageName(name);
    return digests.find((digest) => digest.startsWith(`${repository}@`)) ?? digests[0] ?? "";
}
