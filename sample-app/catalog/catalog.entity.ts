import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('catalog_item')
export class CatalogItem {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 200 })
  name!: string;

  /** The client that added it. */
  @Column({ type: 'varchar', length: 255, name: 'created_by' })
  createdBy!: string;
}
