import type { DynamicModule, Type } from '@nestjs/common';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from 'nestjs-oauth-kit';
import { CommandError, reason, UsageError } from './failure.js';

export type RootModule = Type | DynamicModule;

const USUAL_NAME = 'AppModule';

/**
 * Loads the root module of a host from its compiled file. `file.js#Name` is that export; a file alone means the export
 * `AppModule`, else the default export, else the only class that is exported.
 */
export async function loadRootModule(app: string): Promise<RootModule> {
  const hash = isFile(app) ? -1 : app.lastIndexOf('#');
  const file = hash === -1 ? app : app.slice(0, hash);
  if (!isFile(file)) throw new UsageError(`--app: there is no file ${file}. Is the app compiled?`);
  const exported = await load(file);
  return hash === -1 ? choose(exported, file) : named(exported, app.slice(hash + 1), file);
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    throw new CommandError('invalid_app', `${file} cannot be loaded: ${reason(cause)}`);
  }
  // A CommonJS file: its exports are the default export, and not all of them need be found by name.
  const { default: inner } = loaded;
  return typeof inner === 'object' && inner !== null && !isModule(inner) ? { ...inner, ...loaded } : loaded;
}

function choose(exported: Readonly<Record<string, unknown>>, file: string): RootModule {
  const { [USUAL_NAME]: usual, default: standard } = exported;
  if (isModule(usual)) return usual;
  if (isModule(standard)) return standard;
  const classes = Object.keys(exported).filter((name) => isClass(exported[name]));
  const [only = ''] = classes;
  if (classes.length > 1) {
    throw new UsageError(`--app: ${file} exports several classes, choose one with #: ${classes.join(', ')}`);
  }
  return named(exported, only, file);
}

function named(exported: Readonly<Record<string, unknown>>, name: string, file: string): RootModule {
  const found = exported[name];
  if (isModule(found)) return found;
  throw new UsageError(`--app: ${file} exports no module${name && ` ${name}`}.`);
}

/** A class, or a dynamic module. */
function isModule(value: unknown): value is RootModule {
  return (
    isClass(value) ||
    (typeof value === 'object' && value !== null && 'module' in value && isClass(value.module))
  );
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
