/** Name of the npm package with the library and the command. To rename it, change it here. */
export const PACKAGE_NAME = "pulumi-drydock";
