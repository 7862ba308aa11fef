import { IsString, Length } from 'class-validator';

export class NewCatalogItem {
  @IsString()
  @Length(1, 200)
  name!: string;
}
