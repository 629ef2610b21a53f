class CreateUsers < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.string :name, null: false
      t.string :email, null: false, index: { unique: true }
      t.string :password_digest, null: false
      t.integer :microposts_count, null: false, default: 0
      t.integer :following_count, null: false, default: 0
      t.integer :followers_count, null: false, default: 0
      t.timestamps
    end
  end
end
