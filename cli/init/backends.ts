/** Where Pulumi can keep the state of a stack, by the scheme of the backend's URL. */
const KINDS = {
    s3: "s3",
    gs: "gs",
    azblob: "azblob",
    file: "file",
    https: "cloud",
    http: "cloud",
} as const;

export type BackendKind = (typeof KINDS)[keyof typeof KINDS];

/** Undefined if the value is not the URL of a backend. */
export function backendKind(url: unknown): BackendKind | undefined {
    const [, scheme = ""] = typeof url === "string" ? (/^([a-z0-9]+):\/\/./.exec(url) ?? []) : [];
    return scheme in KINDS ? KINDS[scheme as keyof typeof KINDS] : undefined;
}

/** Why a URL is not that of a backend. Undefined if it is. */
export function checkBackend(url: string): string | undefined {
    if (backendKind(url) !== undefined) return undefined;
    return `${url} is not the URL of a backend: use s3://<bucket>, gs://<bucket>, azblob://<container>, file://<directory> or https://api.pulumi.com`;
}

export const BACKEND_NAMES: Record<BackendKind, string> = {
    s3: "an S3 bucket",
    gs: "Google Cloud Storage",
    azblob: "Azure Blob Storage",
    file: "a directory",
    cloud: "Pulumi Cloud",
};

/** Environment variables that a deployment needs for a backend, besides the passphrase. */
export const BACKEND_VARIABLES: Record<BackendKind, string[]> = {
    s3: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    gs: ["GOOGLE_CREDENTIALS"],
    azblob: ["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"],
    file: [],
    cloud: ["PULUMI_ACCESS_TOKEN"],
};
