/** The checked options, as a {@link RemoteResourceConfiguration}. */
export const RESOURCE_SERVER_CONFIGURATION = Symbol('RemoteResourceConfiguration');
export const RESOURCE_SERVER_OPTIONS = Symbol('RemoteResourceOptions');
