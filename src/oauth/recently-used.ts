/** Values by key, of which the one used longest ago makes room for a new one. */
export class RecentlyUsed<V> {
  private readonly values = new Map<string, V>();

  constructor(private readonly most: number) {}

  get(key: string): V | undefined {
    const value = this.values.get(key);
    if (value !== undefined) this.put(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.put(key, value);
    if (this.values.size <= this.most) return;
    const oldest = this.values.keys().next();
    if (!oldest.done) this.values.delete(oldest.value);
  }

  delete(key: string): void {
    this.values.delete(key);
  }

  private put(key: string, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
  }
}
